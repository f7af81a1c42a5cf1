/** Time from starting the process to the first answered request: `node test/bench/startup.ts [rounds]`. The target is 1 s. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const rounds = Number(process.argv[2] ?? 10);

/** Tries a connection until one is taken, so that no output has to be waited for. */
async function answered(port: number): Promise<void> {
  for (let tries = 0; tries < 5000; tries++) {
    const socket = connect(port, "127.0.0.1");
    const opened = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(
      () => false,
    );
    if (opened) {
      socket.write("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
      await once(socket, "data");
      socket.destroy();
      return;
    }
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error("the service did not answer");
}

async function measure(entry: string, port: number): Promise<number> {
  const env = { PATH: process.env.PATH, PORT: String(port), CONSENSUS_DB: ":memory:", LOG_LEVEL: "error", OLLAMA_HOST: "127.0.0.1:9" };
  const from = performance.now();
  const child = spawn(process.execPath, [join(root, entry)], { env, stdio: "ignore" });
  await answered(port);
  const took = performance.now() - from;
  child.kill("SIGKILL");
  await once(child, "exit");
  return took;
}

for (const entry of ["src/runtimes/node.ts", "src/runtimes/demo.ts"]) {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measure(entry, 20_000 + Math.floor(process.pid % 10_000) + round));
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)} ms`;
  console.log(`${entry}: min ${at(0)}, median ${at(0.5)}, max ${at(1)} (${rounds} starts)`);
}
