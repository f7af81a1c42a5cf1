/** Runs a program of this project in a process of its own, on this Node, and waits for its end; nothing outlives `within` ms. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..", "..");
export const GEKRO = join(ROOT, "src", "runtimes", "gekro.js");

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}
export interface SpawnOptions {
  env?: Record<string, string>;
  /** text for standard input; none = nothing there */
  input?: string;
  /** sends this signal as soon as standard error holds the text */
  interruptAt?: string;
  cwd?: string;
  within?: number;
}

export function runNode(args: string[], { env = {}, input, interruptAt, cwd = ROOT, within = 15_000 }: SpawnOptions = {}): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: within,
  });
  const ended: Ended = { code: null, out: "", err: "" };
  let interrupted = false;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (ended.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    ended.err += text;
    if (interruptAt === undefined || interrupted || !ended.err.includes(interruptAt)) return;
    interrupted = true;
    child.kill("SIGINT");
  });
  child.stdin?.end(input);
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ ...ended, code }));
  });
}
export const gekro = (args: string[], options?: SpawnOptions): Promise<Ended> => runNode([GEKRO, ...args], options);
