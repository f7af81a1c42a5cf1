/** A run as it happens: members arriving and dropping out, then the verdict. Installed: import from "gekro-consensus". */
import { createConsensus } from "../../src/index.ts";

const consensus = await createConsensus();
for await (const event of consensus.run({ prompt: "Why is the sky blue?", stop: "all" })) {
  if (event.type === "candidate-arrived") console.log(`${event.data.member} answered after ${event.data.latency_ms} ms`);
  if (event.type === "member-dropped") console.log(`${event.data.member} dropped out: ${event.data.reason}`);
  if (event.type === "verdict-reached") console.log(`${event.data.how}, agreement ${event.data.agreement}`);
  if (event.type === "run-end") console.log(event.data.answer);
}
await consensus.close();
