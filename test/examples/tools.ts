/** Tool calls that a majority agrees on, before anything is done. Installed: import from "gekro-consensus". */
import { createConsensus, type ConsensusRequest } from "../../src/index.ts";

const restart = {
  name: "restart_service",
  description: "Restarts a service",
  parameters: { type: "object", properties: { name: { type: "string" } } },
};
const request: ConsensusRequest = {
  prompt: "nginx answers 502 on every request. Restart it.",
  tools: [{ type: "function", function: restart }],
  tool_choice: "required",
};
const consensus = await createConsensus();
const report = await consensus.ask(request);
for (const call of report.tool_calls)
  console.log(`${call.function.name}(${call.function.arguments}), agreement ${report.verdict?.agreement}`);
await consensus.close();
