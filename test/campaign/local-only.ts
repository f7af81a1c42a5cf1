/** Ten thousand `local-only` requests over the whole surface, with sinks in the place of every other service; a thousand of them traced; three hundred in a network of loopback alone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultsOf } from "../../src/simulator/faults.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { atLeast, conclude, createClient, info, launch, options, type Row, seeded, type Served, spread } from "./kit.ts";
import { startCloudOfSinks } from "./sinks.ts";
import { hostsIn, lookAround, type Shape, shapeOf, type Visit, visit } from "./surface.ts";
import { readTrace } from "./trace.ts";

const { requests, traced, sealed, inside, seed } = options({ requests: 10_000, traced: 1000, sealed: 300, inside: 0, seed: 1 });
/** Ollama answers one at a time and lets sixteen wait: few at once where everybody is to be answered. */
const HEALTHY_WIDTH = 4;
const STRUCK_WIDTH = 16;
/** Healthy requests have time; those that meet a fault learn of it by running out of time, where it hangs. */
const HEALTHY_MS = 10_000;
const STRUCK_MS = 400;
/** A model that relayed is refused until the process restarts: last. */
const FAULTS = faultsOf("ollama").toSorted((left, right) => Number(left.name === "ollama-relay") - Number(right.name === "ollama-relay"));

interface Tally {
  visits: number;
  answered: number;
  refused: Map<number, number>;
  kinds: Map<string, number>;
  hosts: Set<string>;
  odd: string[];
}
const newTally = (): Tally => ({ visits: 0, answered: 0, refused: new Map(), kinds: new Map(), hosts: new Set(), odd: [] });
function note(tally: Tally, { kind, answered, refused, reports, odd }: Visit): void {
  tally.visits += 1;
  if (answered) tally.answered += 1;
  if (refused !== null) tally.refused.set(refused, (tally.refused.get(refused) ?? 0) + 1);
  tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1);
  for (const host of hostsIn(reports)) tally.hosts.add(host);
  if (odd !== null) tally.odd.push(`${kind}: ${odd}`);
}

interface Pair {
  request: Served;
  operator: Served;
}
async function serve(simulator: Simulator, env: Record<string, string>, wrap: (name: string) => readonly string[]): Promise<Pair> {
  const all = { ...env, ...simulator.environment() };
  const request = await launch({ ...all, CONSENSUS_PRIVACY: "cloud-allowed" }, wrap("request"));
  const operator = await launch({ ...all, CONSENSUS_PRIVACY: "local-only" }, wrap("operator"));
  return { request, operator };
}
async function visitMany(pair: Pair, count: number, tally: Tally, from: number, deadlineMs: number, tag = ""): Promise<void> {
  const width = deadlineMs === HEALTHY_MS ? HEALTHY_WIDTH : STRUCK_WIDTH;
  const clients = { request: createClient(pair.request.url, width), operator: createClient(pair.operator.url, width) };
  const random = seeded(seed + from);
  await spread(count, width, async (index) => {
    const bound: Shape["bound"] = random() < 0.5 ? "request" : "operator";
    note(tally, await visit(clients[bound], shapeOf(from + index, deadlineMs, bound, tag)));
  });
  for (const client of Object.values(clients)) {
    await lookAround(client);
    await client.close();
  }
}
const count = (map: ReadonlyMap<string | number, number>): string =>
  [...map].map(([name, times]) => `${name} × ${times}`).join(", ") || "none";

async function campaign(
  simulator: Simulator,
  env: Record<string, string>,
): Promise<{ healthy: Tally; struck: Tally; control: () => Promise<void> }> {
  const pair = await serve(simulator, env, () => []);
  const [healthy, struck] = [newTally(), newTally()];
  const half = Math.ceil(requests / 2);
  await visitMany(pair, half, healthy, 0, HEALTHY_MS);
  const each = Math.ceil((requests - half) / FAULTS.length);
  for (const [at, fault] of inside === 1 ? [] : FAULTS.entries()) {
    await simulator.fault("ollama", fault.name);
    await visitMany(pair, each, struck, half + at * each, STRUCK_MS, `-${at}`);
    await simulator.fault("ollama", null);
  }
  return {
    healthy,
    struck,
    // the same service does call out when it may: the sinks would have seen it
    control: async () => {
      const client = createClient(pair.request.url, 1);
      await client.ask({ path: "/consensus", json: { prompt: "Hello?", panel: ["groq/b", "ollama/llama3.2-0"], deadline_ms: 600 } });
      await client.close();
      await Promise.all([pair.request.stop(), pair.operator.stop()]);
    },
  };
}

async function tracedRows(simulator: Simulator, env: Record<string, string>): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "trace-"));
  const file = (name: string): string => join(folder, name);
  try {
    const wrap = (name: string): string[] => ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", file(name)];
    const pair = await serve(simulator, env, wrap);
    const tally = newTally();
    await visitMany(pair, Math.ceil(traced * 0.6), tally, 50_000, HEALTHY_MS);
    for (const [at, name] of [
      "503",
      "reset",
      "stall-headers",
      "redirect-307",
      "cut-stream",
      "refused",
      "not-ollama",
      "ollama-relay",
    ].entries()) {
      await simulator.fault("ollama", name);
      await visitMany(pair, Math.ceil(traced / 20), tally, 60_000 + at * 100, STRUCK_MS, `-t${at}`);
      await simulator.fault("ollama", null);
    }
    await Promise.all([pair.request.stop(), pair.operator.stop()]);
    const seen = readTrace(`${readFileSync(file("request"), "utf8")}\n${readFileSync(file("operator"), "utf8")}`);
    const ollama = new URL(simulator.urls.ollama ?? "").host;
    const others = [...seen.connects.keys()].filter((address) => address !== ollama);
    return [
      info("traced: requests, calls seen", `${tally.visits}, ${seen.calls}`),
      info("traced: connects", count(seen.connects)),
      info("traced: AF_UNIX connects", count(seen.unix)),
      { what: "traced: connects to anyone but Ollama", measured: others.join(", ") || 0, wanted: "0", ok: others.length === 0 },
      { what: "traced: beyond loopback", measured: seen.foreign[0] ?? 0, wanted: "0", ok: seen.foreign.length === 0 },
      { what: "traced: to port 53", measured: seen.dns, wanted: "0", ok: seen.dns === 0 },
      { what: "traced: neither answer nor refusal", measured: tally.odd[0] ?? 0, wanted: "0", ok: tally.odd.length === 0 },
      atLeast("traced: connects to Ollama (the trace does see)", seen.connects.get(ollama) ?? 0, 1),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This same script in a network namespace that has loopback and nothing else. */
async function sealedRow(): Promise<Row> {
  const self = `ip link set lo up && exec "${process.execPath}" "${import.meta.filename}" --requests ${sealed * 2} --traced 0 --sealed 0 --inside 1`;
  const child = spawn("unshare", ["-n", "sh", "-c", self], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  const told = /healthy: answered[^\d]*(\d+ of \d+)/.exec(output)?.[1] ?? output.slice(-400);
  return { what: "sealed off: answered", measured: told, wanted: "as outside, exit code 0", ok: code === 0 };
}

const simulator = await startSimulator({ providers: ["ollama"], latencyMs: 2, pace: 0.02, redirectTo: "http://127.0.0.2:9/elsewhere" });
const cloud = await startCloudOfSinks();
const sum = (field: "connects" | "bytes"): number => cloud.sinks.reduce((total, sink) => total + sink[field], 0);
try {
  const { healthy, struck, control } = await campaign(simulator, cloud.env);
  const traces = traced > 0 ? await tracedRows(simulator, cloud.env) : [];
  const before = { connects: sum("connects"), bytes: sum("bytes") };
  await control();
  const ollama = new URL(simulator.urls.ollama ?? "").host;
  const told = [...new Set([...healthy.hosts, ...struck.hosts])].filter((host) => host !== ollama);
  const odd = [...healthy.odd, ...struck.odd];
  for (const line of new Set(odd.slice(0, 10))) console.log(line);
  conclude("local-only: the whole surface, with sinks in the place of every other service", [
    info("requests (11 kinds, 7 strategies)", healthy.visits + struck.visits),
    info("kinds", count(new Map([...healthy.kinds].map(([kind, times]) => [kind, times + (struck.kinds.get(kind) ?? 0)])))),
    info("healthy: answered", `${healthy.answered} of ${healthy.visits}; refused ${count(healthy.refused)}`),
    atLeast("healthy: answered, of the five panels in six that name somebody local", (healthy.answered / healthy.visits) * 1.2, 0.97),
    info(`${FAULTS.length} faults in turn: answered`, `${struck.answered} of ${struck.visits}; refused ${count(struck.refused)}`),
    { what: "neither answer nor refusal", measured: odd.length, wanted: "0", ok: odd.length === 0 },
    { what: "connects at sinks", measured: before.connects, wanted: "0", ok: before.connects === 0 },
    { what: "bytes at sinks", measured: before.bytes, wanted: "0", ok: before.bytes === 0 },
    { what: "hosts in reports beside Ollama", measured: told.join(", ") || 0, wanted: "0", ok: told.length === 0 },
    atLeast("control: connects at sinks when the cloud is allowed", sum("connects"), 1),
    ...traces,
    ...(sealed > 0 ? [await sealedRow()] : []),
  ]);
} finally {
  await cloud.close();
  await simulator.close();
}
