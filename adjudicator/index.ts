/** The door of the adjudicator: the only file of this floor that `src` may import. */
export type * from "./types.ts";
export { readAnswer } from "./answers/read.ts";
export { inspectAnswer } from "./inspect.ts";
