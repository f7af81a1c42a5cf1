/** The door of the adjudicator: the only file of this floor that `src` may import. */
export type * from "./types.ts";
export { readAnswer } from "./answers/read.ts";
export { inspectAnswer } from "./inspect.ts";
export { adjudicate } from "./adjudicate.ts";
export { readBack } from "./framing.ts";
export { type ReadVerdict, readVerdictText, type VerdictFormat } from "./ruling.ts";
export { measureAgreement } from "./agreement.ts";
export { type DecidedInput, isDecided } from "./decided.ts";
export { rankCalls } from "./tournament.ts";
export { type Learned, learnReliability, type PastRun } from "./reliability.ts";
