/** Reads when a provider wants to be asked again, in every form seen in the wild: seconds, milliseconds, Go durations, HTTP dates. */

export interface HeaderBag {
  get(name: string): string | null;
}

const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;
const DURATION_PART = /^(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|us|µs|ns)/;

/** Go's form: `7.66s`, `2m59.56s`, `12ms`. */
function durationMs(text: string): number | null {
  let rest = text;
  let total = 0;
  for (let parts = 0; rest !== "" && parts < 6; parts++) {
    const match = DURATION_PART.exec(rest);
    if (match === null) return null;
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
    rest = rest.slice(match[0].length);
  }
  return rest === "" && text !== "" ? total : null;
}

/** An HTTP or ISO date has a month name or dashes; `Date.parse` alone would also read `5` and `soon 1`. */
function dateMs(text: string): number | null {
  if (text.length > 40 || !/^(?:[A-Z][a-z]{2,8},? |\d{4}-\d\d-\d\dT)/.test(text)) return null;
  const parsed = Date.parse(text);
  return Number.isFinite(parsed) ? parsed : null;
}

const usable = (ms: number): number | null => (Number.isFinite(ms) && ms >= 0 ? Math.ceil(ms) : null);

/**
 * Milliseconds to wait (≥ 0), null = nothing usable. `nowMs` is the wall clock for dates; the server's own `Date` header
 * is preferred, since a date is meant by the clock that wrote it. The caller caps it.
 */
export function retryAfterMs(headers: HeaderBag, nowMs: number | null): number | null {
  const exact = headers.get("retry-after-ms")?.trim() ?? "";
  if (NUMBER.test(exact)) return usable(Number(exact));
  const text = headers.get("retry-after")?.trim() ?? "";
  if (NUMBER.test(text)) return usable(Number(text) * 1000);
  const duration = text.length <= 40 ? durationMs(text) : null;
  if (duration !== null) return usable(duration);
  const date = dateMs(text);
  const now = dateMs(headers.get("date")?.trim() ?? "") ?? nowMs;
  return date === null || now === null ? null : usable(date - now);
}
