/** The door of the adjudicator: the only file of this floor that `src` may import. */
export type * from "./types.ts";
export { readAnswer } from "./answers/read.ts";
export { inspectAnswer } from "./inspect.ts";
export { adjudicate } from "./adjudicate.ts";
export { hasMajority, measureAgreement } from "./agreement.ts";
export { castBallots } from "./ballots.ts";
export { type DecidedInput, isDecided } from "./decided.ts";
export { measureQuorum, type Quorum } from "./quorum.ts";
export { rankCalls } from "./tournament.ts";
export { type Learned, learnReliability, type LearnOptions, type MemberTrust, type PastRun, RELIABILITY_VERSION } from "./reliability.ts";
