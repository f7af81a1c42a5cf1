/** One question, one answer, and who stood behind it. Installed: import from "gekro-consensus". */
import { createConsensus } from "../../src/index.ts";

const consensus = await createConsensus();
const report = await consensus.ask({ prompt: "What is 17 + 25?", answer: { type: "number" } });

if (report.status === "failed") console.error(`no answer: ${report.problem?.detail}`);
else console.log(`${JSON.stringify(report.value)}, ${report.verdict?.how} by ${report.verdict?.supporters.join(" and ")}`);

await consensus.close();
