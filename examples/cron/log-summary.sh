#!/bin/sh
# Every night: what went wrong in yesterday's log, asked of local models only. Needs curl and jq.
#   15 2 * * * /opt/consensus/log-summary.sh /var/log/syslog >> /var/log/consensus-summary.log 2>&1
set -eu
log=${1:?which log?}
url=${CONSENSUS_URL:-http://127.0.0.1:8787}

# started twice in one hour, it is one run; what failed is asked anew in the next
key="log-summary-$(date +%F-%H)-$(basename "$log")"
# a body has at most 1 MiB; what does not fit a model's window is cut there, and the report says so
body=$(tail -c 400000 "$log" | jq -Rs '{
  prompt: ("Name the three most important problems in this log, most important first, one line each.\n\n" + .),
  strategy: "pick", privacy: "local-only", deadline_ms: 300000, metadata: {task: "log-summary"} }')

code=0
reply=$(printf '%s' "$body" | curl -sS --fail-with-body --max-time 320 "$url/consensus" \
  -H "authorization: Bearer ${CONSENSUS_KEY:-none}" -H 'content-type: application/json' -H "idempotency-key: $key" -d @-) || code=$?
if [ "$code" -ne 0 ]; then
  # a problem document says in one line what happened, and whether trying again helps
  printf '%s' "$reply" | jq -r '"failed: \(.type) \(.detail) (worth another try: \(.retryable))"'
  exit 1
fi
printf '%s' "$reply" | jq -r '"\(.created_at) \(.status), \(.verdict.how) by \(.verdict.winner // "several")\n\(.answer)"'
