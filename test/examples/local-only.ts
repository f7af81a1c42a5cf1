/** A log that must not leave the house: only local members are asked, whatever keys there are. Installed: import from "gekro-consensus". */
import { createConsensus } from "../../src/index.ts";

const log = "sshd: Failed password for root from 203.0.113.9\n".repeat(3);
const consensus = await createConsensus();
const report = await consensus.ask({ prompt: `What went wrong here?\n\n${log}`, privacy: "local-only" });
console.log(`asked ${report.outcomes.map(({ member }) => member).join(", ")}; sent to ${report.privacy.hosts.join(", ")}`);
console.log(report.answer);
await consensus.close();
