/** The door of the adjudicator: the only file of this floor that `src` may import. */
export type * from "./types.ts";
