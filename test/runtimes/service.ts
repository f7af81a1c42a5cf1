/** Starts a real service as a child process, as `npm start` does, and speaks to it over bare sockets where a client library would be too polite. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
/** the runtime that npm brings along, which is the one that runs this */
const NODE = process.execPath;

export interface Started {
  url: string;
  port: number;
  child: ChildProcess;
  /** everything written to stdout and stderr so far */
  output(): string;
  exited: Promise<number | null>;
  stop(): Promise<void>;
}
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}
/** Nothing of the machine's own environment reaches the service. */
const clean = (env: Record<string, string>): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  LOG_LEVEL: "error",
  HOST: "",
  ...env,
});

function launch(env: Record<string, string>, entry: string): { child: ChildProcess; out: { stdout: string; stderr: string } } {
  const child = spawn(NODE, [join(root, entry)], { env: clean(env), stdio: ["ignore", "pipe", "pipe"] });
  const out = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
  return { child, out };
}

/** Runs a start that is to fail. */
export async function startAndEnd(env: Record<string, string>, entry = "src/runtimes/node.ts"): Promise<Ended> {
  const { child, out } = launch({ PORT: "0", CONSENSUS_DB: ":memory:", ...env }, entry);
  const kill = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(kill);
  return { code, ...out };
}

export async function startService(env: Record<string, string>, entry = "src/runtimes/node.ts"): Promise<Started> {
  const { child, out } = launch({ PORT: "0", CONSENSUS_DB: ":memory:", ...env }, entry);
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /listens on (http:\/\/\S+)/.exec(out.stdout)?.[1];
      if (found) resolve(found);
    };
    child.stdout?.on("data", look);
    void exited.then((code) => reject(new Error(`the service ended with ${code}: ${out.stderr}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    child,
    output: () => out.stdout + out.stderr,
    exited,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

export const dial = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};

/** Sends bytes and reads until the other side closes, or `ms` are over. */
export async function sendRaw(port: number, text: string, ms = 2000): Promise<{ text: string; closed: boolean }> {
  const socket = await dial(port);
  let read = "";
  socket.on("data", (chunk: Buffer) => (read += chunk.toString("latin1")));
  const closed = once(socket, "close").then(() => true);
  socket.write(text);
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());
  const result = { closed: await Promise.race([closed, late]), text: "" };
  socket.destroy();
  return { ...result, text: read };
}
