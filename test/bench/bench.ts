/** `npm run bench`: the service beside a bare floor that makes the same calls, in one run. Prints ratios; machines are noisy, so trust those and not the digits. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { Pool } from "undici";
import { printDeciding } from "./deciding.ts";

interface Part {
  child: ChildProcess;
  port: number;
}
interface Sample {
  cpuUs: number;
  rss: number;
}
const parts: Part[] = [];

async function start(role: string, argument: number): Promise<Part> {
  const child = fork(join(import.meta.dirname, "parts.ts"), [role, String(argument)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { port: number }));
    child.once("exit", (code) => reject(new Error(`${role} ended with ${code}`)));
  });
  const part = { child, port };
  parts.push(part);
  return part;
}
const sample = ({ child }: Part): Promise<Sample> =>
  new Promise((resolve) => {
    child.once("message", (message) => resolve(message as Sample));
    child.send("sample");
  });

const BODY = JSON.stringify({ prompt: "How many failed logins were there last night?", strategy: "pick", orders: 1, stop: "all" });
const quantile = (sorted: number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

interface Load {
  cpuMs: number;
  p50: number;
  p99: number;
  rssMb: number;
}
async function load(part: Part, requests: number, concurrency: number): Promise<Load> {
  const pool = new Pool(`http://127.0.0.1:${part.port}`, { connections: concurrency, headersTimeout: 0, bodyTimeout: 0 });
  const one = async (): Promise<number> => {
    const from = performance.now();
    const reply = await pool.request({ path: "/consensus", method: "POST", headers: { "content-type": "application/json" }, body: BODY });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`status ${reply.statusCode}: ${text.slice(0, 200)}`);
    return performance.now() - from;
  };
  const before = await sample(part);
  const times: number[] = [];
  let left = requests;
  let rss = 0;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      times.push(await one());
    }
  };
  const watch = setInterval(() => void sample(part).then((now) => (rss = Math.max(rss, now.rss))), 250);
  await Promise.all(Array.from({ length: concurrency }, worker));
  clearInterval(watch);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = await sample(part);
  await pool.close();
  times.sort((a, b) => a - b);
  return {
    cpuMs: (after.cpuUs - before.cpuUs) / 1000 / requests,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    rssMb: Math.max(rss, after.rss) / 1e6,
  };
}

async function compare(delayMs: number): Promise<void> {
  const upstream = await start("upstream", delayMs);
  const floor = await start("floor", upstream.port);
  const service = await start("ours", upstream.port);
  await load(floor, 500, 8);
  await load(service, 500, 8);
  const table: Record<string, Record<string, string>> = {};
  const plans: [string, number, number][] = [
    ["one at a time", delayMs === 0 ? 600 : 100, 1],
    ["16 at once", 2000, 16],
    ["64 at once", 3000, 64],
  ];
  for (const [name, requests, concurrency] of plans) {
    const bare = await load(floor, requests, concurrency);
    const mine = await load(service, requests, concurrency);
    table[name] = {
      "CPU ms": mine.cpuMs.toFixed(3),
      "floor CPU ms": bare.cpuMs.toFixed(3),
      "CPU ratio": (mine.cpuMs / bare.cpuMs).toFixed(2),
      "p50 ms": mine.p50.toFixed(2),
      // over what the upstreams were told to wait, and over what the bare calls took: a timer of 50 ms fires later than that
      "added p50 ms": (mine.p50 - 2 * delayMs).toFixed(2),
      "over floor ms": (mine.p50 - bare.p50).toFixed(2),
      "floor p50 ms": bare.p50.toFixed(2),
      "p99 ms": mine.p99.toFixed(2),
      "RSS MB": mine.rssMb.toFixed(0),
      "floor RSS MB": bare.rssMb.toFixed(0),
    };
  }
  console.log(`\nUpstreams with ${delayMs} ms; 3 members and 1 adjudicator call a request`);
  console.table(table);
}

console.log("Deciding, CPU time");
await printDeciding();
try {
  for (const delayMs of [0, 50]) await compare(delayMs);
} finally {
  for (const { child } of parts) child.kill();
}
