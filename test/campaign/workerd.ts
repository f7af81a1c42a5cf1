/** The Worker as it would be uploaded, in a bare workerd: nothing between its socket and the client, no network but loopback, no store. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const ofWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));

export interface Worker {
  url: string;
  /** what workerd itself had to say */
  output(): string;
  stop(): Promise<void>;
}

/** `wrangler deploy --dry-run`: the bundle alone. */
async function bundle(home: string): Promise<string> {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const env = { PATH: process.env.PATH ?? "", HOME: home, CI: "1", WRANGLER_SEND_METRICS: "false" };
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", home], { cwd: ROOT, env });
  return "worker.js";
}

const configOf = (script: string, vars: Record<string, string>): string => {
  const bindings = Object.entries(vars).map(([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["local", "private", "public"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${script}")],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "2026-10-20", compatibilityFlags = ["enable_request_signal"]);
`;
};

/** Resolves to the port that workerd tells on its control channel. */
async function portOf(control: Readable): Promise<number> {
  for await (const chunk of control)
    for (const line of String(chunk).split("\n").filter(Boolean)) {
      const { event, port } = JSON.parse(line) as { event: string; port?: number };
      if (event === "listen" && port !== undefined) return port;
    }
  throw new Error("workerd did not listen");
}

export async function startWorker(vars: Record<string, string>): Promise<Worker> {
  const home = await mkdtemp(join(tmpdir(), "gekro-worker-"));
  const script = await bundle(home);
  const file = join(home, "config.capnp");
  await writeFile(file, configOf(script, { LOG_LEVEL: "error", ...vars }));
  const { default: binary } = ofWrangler("workerd") as { default: string };
  const child = spawn(binary, ["serve", "--control-fd=3", file], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let output = "";
  const read = (chunk: Buffer): void => void (output.length < 100_000 && (output += chunk.toString()));
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  const port = await portOf(child.stdio[3] as Readable);
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      await rm(home, { recursive: true, force: true });
    },
  };
}
