/** The library's door: what `import … from "gekro-consensus"` gives. Holds no code of its own. */
export { createConsensus } from "./runtimes/library.ts";
export type { AskOptions, ConsensusClient, ConsensusOptions, ConsensusRequest, RunOptions } from "./runtimes/library.ts";
export type { Environment } from "./runtimes/config.ts";
export { ConfigError, Problem } from "./core/problem.ts";
export type { ProblemField, ProblemSlug } from "./core/problem.ts";
export type { AnsweredOutcome, ConsensusEvent, DroppedOutcome, NotAskedOutcome, Outcome, ProblemDocument, Report } from "./core/report.ts";
export type { Degradation, DegradationCode, DropoutReason } from "./core/reasons.ts";
export type { Adjudication, Dissent, How, Json, ToolCall, Verdict } from "../adjudicator/index.ts";
