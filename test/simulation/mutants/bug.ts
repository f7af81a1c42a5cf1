/** The form of a planted bug: which pieces of which files it puts in place of which, and the invariant that must catch it. Plants nothing. */

export interface Edit {
  file: string;
  find: string;
  put: string;
  /** every place, not exactly one */
  all?: boolean;
}
export interface Bug {
  id: string;
  invariant: string;
  what: string;
  edits: Edit[];
}
export const bug = (
  id: string,
  invariant: string,
  what: string,
  ...edits: [file: string, find: string, put: string, all?: boolean][]
): Bug => ({
  id,
  invariant,
  what,
  edits: edits.map(([file, find, put, all = false]) => ({ file, find, put, all })),
});
