/** A candidate as the adjudicator takes it, with what a test does not care about filled in. */
import type { Candidate } from "../../adjudicator/index.ts";

type Own = Pick<Candidate, "seat" | "member" | "text" | "reading"> & Partial<Candidate>;

/** Alone on its backend, whole, unsuspicious, of weight 1. */
export const candidateOf = (own: Own): Candidate => ({
  backend: own.member,
  family: null,
  toolCalls: [],
  finish: "stop",
  flags: [],
  weight: 1,
  weightSource: "config",
  reliability: null,
  order: own.seat,
  ...own,
});
