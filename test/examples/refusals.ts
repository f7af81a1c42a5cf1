/** What goes wrong, and how it is told: a refused request throws a Problem, a failed run is a report. Installed: import from "gekro-consensus". */
import { createConsensus, Problem } from "../../src/index.ts";

const consensus = await createConsensus();
try {
  await consensus.ask({ prompt: "hi", quorum: 99 });
} catch (error) {
  if (error instanceof Problem) console.log(`refused: ${error.slug}, ${error.extras.errors?.[0]?.pointer}`);
}
const report = await consensus.ask({ prompt: "hi", panel: ["nobody/knows-it"], deadline_ms: 2_000 });
console.log(`${report.status}: ${report.problem?.slug}; ${report.outcomes.map((outcome) => outcome.status).join(", ")}`);
await consensus.close();
