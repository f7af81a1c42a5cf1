/** One finding of the doctor, and how findings are made. Holds no rule. */

export type Mark = "ok" | "warn" | "fail" | "skip";
export type Area = "configuration" | "machine" | "store" | "provider" | "model";
export interface Check {
  area: Area;
  /** what was looked at: a variable, a provider, a member */
  subject: string;
  mark: Mark;
  detail: string;
  /** how to mend it */
  hint: string | null;
  /** how long the answer took, where somebody was asked */
  ms: number | null;
}

export interface Checks {
  ok(subject: string, detail: string, ms?: number): Check;
  warn(subject: string, detail: string, hint: string): Check;
  fail(subject: string, detail: string, hint: string): Check;
  skip(subject: string, detail: string): Check;
}
export const checksOf = (area: Area): Checks => {
  const make = (mark: Mark, subject: string, detail: string, hint: string | null = null, ms: number | null = null): Check => ({
    area,
    subject,
    mark,
    detail,
    hint,
    ms,
  });
  return {
    ok: (subject, detail, ms) => make("ok", subject, detail, null, ms === undefined ? null : Math.round(ms)),
    warn: (subject, detail, hint) => make("warn", subject, detail, hint),
    fail: (subject, detail, hint) => make("fail", subject, detail, hint),
    skip: (subject, detail) => make("skip", subject, detail),
  };
};
