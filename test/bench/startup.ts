/** Prints how long a new process takes to its first answered request; the bound is 1 s. Run: `node test/bench/startup.ts`. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

const BOUND_MS = 1000;
const ROUNDS = 7;
const BODY = JSON.stringify({ prompt: "How many failed logins were there last night?", strategy: "pick", orders: 1, stop: "all" });

async function start(role: string, argument: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, "parts.ts"), [role, String(argument)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { port: number }));
    child.once("exit", (code) => reject(new Error(`${role} ended with ${code}`)));
  });
  return { child, port };
}

const upstream = await start("upstream", 0);
try {
  const listening: number[] = [];
  const answered: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    const { child, port } = await start("ours", upstream.port);
    listening.push(performance.now() - from);
    try {
      const url = `http://127.0.0.1:${port}/consensus`;
      const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: BODY });
      await reply.text();
      if (reply.status !== 200) throw new Error(`status ${reply.status}`);
      answered.push(performance.now() - from);
    } finally {
      child.kill();
    }
  }
  const middle = (times: number[]): number => times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  console.log(
    `listening after ${middle(listening).toFixed(0)} ms, first answer after ${middle(answered).toFixed(0)} ms (medians of ${ROUNDS})`,
  );
  process.exitCode = middle(answered) > BOUND_MS ? 1 : 0;
} finally {
  upstream.child.kill();
}
