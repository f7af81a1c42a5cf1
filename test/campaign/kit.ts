/** What every campaign needs: a real service as a child process, a plain client, seeded chance, quantiles, and a table that fails the process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Pool } from "undici";

const ROOT = join(import.meta.dirname, "../..");

export interface Served {
  url: string;
  pid: number;
  output(): string;
  /** SIGTERM, then waits for the end; the exit code */
  stop(): Promise<number | null>;
}

/** `wrap`: a program and its arguments that starts the service in its turn (strace). Nothing of this machine's environment reaches it. */
export async function launch(env: Record<string, string>, wrap: readonly string[] = []): Promise<Served> {
  const [program = process.execPath, ...rest] = [...wrap, process.execPath, join(ROOT, "src/runtimes/node.ts")];
  const base = { PATH: process.env.PATH ?? "", PORT: "0", LOG_LEVEL: "error", CONSENSUS_DB: ":memory:" };
  const child = spawn(program, rest, { env: { ...base, ...env }, stdio: ["ignore", "pipe", "pipe"], cwd: "/" });
  let output = "";
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      if (output.length < 1_000_000) output += chunk.toString();
      const found = /listens on (http:\/\/\S+)/.exec(output)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then((code) => reject(new Error(`the service ended with ${code}: ${output}`)));
  });
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    output: () => output,
    stop: async () => {
      // under a tracer the service is its child, and the tracer hands no signal on
      process.kill(wrap.length > 0 ? childOf(pid) : pid, "SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 30_000);
      const code = await exited;
      clearTimeout(kill);
      return code;
    },
  };
}
const childOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]) || pid;

export function rssMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb ?? 0) / 1024;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  ms: number;
}
export interface Ask {
  method?: "GET" | "POST" | "DELETE";
  path: string;
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}
export interface Client {
  ask(ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export function createClient(url: string, connections: number): Client {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  return {
    async ask({ method = "POST", path, json, headers = {}, signal }) {
      const from = performance.now();
      const body = json === undefined ? null : JSON.stringify(json);
      const typed = body === null ? headers : { "content-type": "application/json", ...headers };
      const reply = await pool.request({ path, method, headers: typed, body, signal });
      const text = await reply.body.text();
      return { status: reply.statusCode, headers: reply.headers, text, ms: performance.now() - from };
    },
    close: () => pool.close(),
  };
}

/** Runs `count` jobs, at most `width` at once. */
export async function spread(count: number, width: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await job(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
/** Open loop: starts `rate` jobs a second for `seconds`, whatever the earlier ones do; resolves when all have ended. */
export async function openLoop(rate: number, seconds: number, job: (index: number) => Promise<void>): Promise<void> {
  const from = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < rate * seconds; index += 1) {
    const wait = from + (index * 1000) / rate - performance.now();
    if (wait > 1) await sleep(wait);
    running.push(job(index));
  }
  await Promise.all(running);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
export const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
export const rounded = (value: number, digits = 1): number => Math.round(value * 10 ** digits) / 10 ** digits;

export interface Row {
  what: string;
  measured: string | number;
  /** as a person reads it; null = printed only */
  wanted: string | null;
  ok: boolean;
}
export const info = (what: string, measured: string | number): Row => ({ what, measured, wanted: null, ok: true });
export const atMost = (what: string, measured: number, most: number, unit = ""): Row => ({
  what,
  measured: `${rounded(measured, 2)}${unit}`,
  wanted: `≤ ${most}${unit}`,
  ok: measured <= most,
});
export const atLeast = (what: string, measured: number, least: number, unit = ""): Row => ({
  what,
  measured: `${rounded(measured, 2)}${unit}`,
  wanted: `≥ ${least}${unit}`,
  ok: measured >= least,
});

/** Prints the table; the process fails when a row does. */
export function conclude(title: string, rows: readonly Row[]): void {
  const load = loadavg().map((value) => rounded(value, 2));
  console.log(
    `\n${title}\n${new Date().toISOString().slice(0, 16)}Z, ${cpus().length} cores, load ${load.join(" ")}, Node ${process.version}`,
  );
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, measured, wanted, ok } of rows)
    console.log(
      `${ok ? (wanted === null ? "      " : "ok    ") : "FAILED"} ${what.padEnd(width)}  ${measured}${wanted === null ? "" : `  (wanted ${wanted})`}`,
    );
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
}

/** `--name value` of the command line, numbers only. */
export function options<Name extends string>(defaults: Record<Name, number>): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])) });
  return Object.fromEntries(names.map((name) => [name, Number(values[name] ?? defaults[name])])) as Record<Name, number>;
}
