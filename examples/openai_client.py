"""The panel through the openai package: pip install openai."""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("CONSENSUS_URL", "http://127.0.0.1:8787") + "/v1",
    api_key=os.environ.get("CONSENSUS_KEY", "none"),
    # the service retries where it can help; a second layer would only multiply
    max_retries=0,
)

# Our own request fields stand in "consensus"; what came of it stands beside the standard fields.
completion = client.chat.completions.create(
    model="consensus",
    messages=[{"role": "user", "content": "How many legs have three spiders?"}],
    extra_body={"consensus": {"answer": {"type": "number"}, "deadline_ms": 30000}},
)
note = completion.model_extra["consensus"]
print(completion.choices[0].message.content)
print(f"{note['how']}, agreement {note['agreement']}, report {note['report_id']}")

# Local members first, the cloud only when they disagree or fail; streamed.
stream = client.chat.completions.create(
    model="consensus:cascade",
    messages=[{"role": "user", "content": "Why is the sky blue? One sentence."}],
    stream=True,
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
print()
