/** What the `Prefer` header asks of a run (RFC 7240): a job in place of a wait, and how long to wait for it first. Pure; all else in it is passed over. */

export interface Preference {
  /** the caller would rather be answered at once */
  async: boolean;
  /** how long it would wait for the end before it takes a job; null = it did not say */
  waitS: number | null;
}

/** No run lasts longer. */
const MAX_WAIT_S = 600;

/** A preference that is given twice counts as it came first; a wait that is no number counts as none. */
export function readPreference(headers: Headers): Preference {
  const given = (headers.get("prefer") ?? "").slice(0, 500).toLowerCase();
  const parts = given.split(/[,;]/).map((part) => part.trim());
  const wait = parts.map((part) => /^wait ?= ?"?(\d{1,9})"?$/.exec(part)?.[1]).find((seconds) => seconds !== undefined);
  return { async: parts.includes("respond-async"), waitS: wait === undefined ? null : Math.min(MAX_WAIT_S, Number(wait)) };
}
