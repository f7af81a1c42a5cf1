/** What the engine is lent by its runtime: time, chance, a log and a meter. Only `runtimes/` (and tests) make them. */

export interface Clock {
  /** wall clock, ms since 1970; for display and for times that others gave us, never for durations */
  wall(): number;
  /** monotonic ms, fractional; for every duration and deadline */
  now(): number;
  /** calls `fire` once after `ms` (clamped to 0…2^31−1); returns the cancel, which may be called twice */
  timer(ms: number, fire: () => void): () => void;
}

export interface Random {
  /** uniform in [0, 1) */
  next(): number;
  /** `bytes` fresh random bytes in lower-case hex; 16 for ids and fences */
  hex(bytes: number): string;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
/** One JSON line. Fields are ours: no prompt, no answer, no key, no upstream text. */
export type Log = (level: LogLevel, event: string, fields?: Record<string, string | number | boolean | null>) => void;

/** Counters and histograms by their public names, without prefix and suffix: `count("runs", {status})`. */
export interface Meter {
  count(name: string, labels: Record<string, string>, by?: number): void;
  observe(name: string, labels: Record<string, string>, value: number): void;
  /** everything so far as Prometheus text; absent where nothing is kept */
  text?(): string;
}

/** The Fetch API's call. Every one that reaches a network comes from `egress/`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export type PrivacyClass = "local-only" | "cloud-allowed";
