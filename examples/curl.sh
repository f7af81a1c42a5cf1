#!/bin/sh
# Six things to ask of a running service. Needs curl.
set -eu
url=${CONSENSUS_URL:-http://127.0.0.1:8787}
post() {
  path=$1
  shift
  curl -sS "$url$path" -H "authorization: Bearer ${CONSENSUS_KEY:-none}" -H 'content-type: application/json' "$@"
}

# An answer that can be counted: no judge is asked when members agree.
post /consensus -d '{"prompt":"What is 17 + 25?","answer":{"type":"number"}}'
echo

# Free text: an adjudicator picks the best candidate, in both orders.
post /consensus -d '{"prompt":"Why is the sky blue? One sentence.","strategy":"pick","deadline_ms":30000}'
echo

# Nothing may leave the machine.
post /consensus -d '{"prompt":"Summarise: user alice logged in from 10.0.0.7","privacy":"local-only"}'
echo

# The same run as events, one after another as members arrive.
post /consensus -N -H 'accept: text/event-stream' -d '{"prompt":"Name a prime above 10.","answer":{"type":"number"}}'

# A job: accepted at once, survives a restart. Sent again under the same key it is still one job.
location=$(post /consensus -D - -o /dev/null -H 'prefer: respond-async' -H "idempotency-key: curl-example-$$" \
  -d '{"prompt":"Why is the sea salty?"}' | tr -d '\r' | sed -n 's/^location: //Ip')
sleep 2
curl -sS "$url$location" -H "authorization: Bearer ${CONSENSUS_KEY:-none}"
echo

# Tell what was right, so that the next run weighs its members better.
report=$(post /consensus -d '{"prompt":"What is 6 * 7?","answer":{"type":"number"}}' -D - -o /dev/null | tr -d '\r' | sed -n 's/^consensus-report: //Ip')
post "/reports/$report/feedback" -d '{"value":42}'
echo
