/** Resilience alone: one provider at a time, the next one only when it fails. Installed: import from "gekro-consensus". */
import { createConsensus } from "../../src/index.ts";

const consensus = await createConsensus();
const report = await consensus.ask({ prompt: "Say hello.", strategy: "fallback", deadline_ms: 20_000 });
for (const outcome of report.outcomes) console.log(`${outcome.member}: ${outcome.status}`);
await consensus.close();
