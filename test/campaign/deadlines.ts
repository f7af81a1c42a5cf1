/** Ten thousand requests with random deadlines against faults that change all the time, and a thousand callers who leave: how late replies are, how fast upstreams are let go, what is left open. */
import { faultsOf } from "../../src/simulator/faults.ts";
import type { ProviderName } from "../../src/simulator/simulator.ts";
import { atMost, conclude, createClient, info, options, pick, quantile, type Row, rounded, seeded, sleep, spread } from "./kit.ts";
import { leaving } from "./leavers.ts";
import { type Lateness, type Resources, startPart } from "./part.ts";

const { requests, leavers, width, seed, shortest, longest } = options({
  requests: 10_000,
  leavers: 1000,
  width: 64,
  seed: 1,
  shortest: 200,
  longest: 2000,
});
const PROVIDERS: readonly ProviderName[] = ["together", "groq", "ollama"];
const STRATEGIES = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"];
/** idle upstream connections are kept for 4 s, a server's idle clients for 5 */
const SETTLE_MS = 12_000;
const random = seeded(seed);

const simulator = await startPart("simulator", { latencyMs: 150, seed });
const service = await startPart("service", simulator.hello);
const idler = await startPart("idler", {});
const client = createClient(service.hello.url ?? "", width);
const setFault = (provider: ProviderName, fault: string | null): Promise<unknown> => simulator.send({ do: "fault", provider, fault });
const heal = (): Promise<unknown> => Promise.all(PROVIDERS.map((provider) => setFault(provider, null)));

/** Every fifth of a second another fault somewhere, or none. */
async function stir(signal: AbortSignal): Promise<number> {
  const met = new Set<string>();
  while (!signal.aborted) {
    const provider = pick(PROVIDERS, Math.floor(random() * 3));
    const all = faultsOf(provider);
    const fault = random() < 0.25 ? null : pick(all, Math.floor(random() * all.length)).name;
    await setFault(provider, fault);
    if (fault) met.add(fault);
    await sleep(200);
  }
  return met.size;
}
const median = (values: number[]): string => `${rounded(quantile(values, 0.5))} ms`;

/** Models of their own for each request: no breaker spares it the wait. */
const panelOf = (index: number): string[] => [`together/m-${index}`, `groq/m-${index}`, `ollama/m-${index}`];

async function deadlines(): Promise<Row[]> {
  const over: number[] = [];
  const own: number[] = [];
  const statuses = new Map<string, number>();
  const odd: string[] = [];
  await spread(requests, width, async (index) => {
    const deadline = Math.round(shortest + random() * (longest - shortest));
    const live = index % 3 === 0;
    const body = {
      prompt: `What is ${index} + 25?`,
      panel: panelOf(index),
      strategy: pick(STRATEGIES, index),
      stop: "all",
      deadline_ms: deadline,
    };
    const answer = index % 2 === 0 ? { type: "number" } : { type: "text" };
    const headers: Record<string, string> = live ? { accept: "text/event-stream" } : {};
    const { status, text, ms } = await client.ask({ path: "/consensus", json: { ...body, answer }, headers });
    over.push(Math.max(0, ms - deadline));
    const told = /"timing_ms":\{"total":(\d+)/.exec(text)?.[1];
    if (told !== undefined) own.push(Math.max(0, Number(told) - deadline));
    const slug = /"type":"\/problems\/([a-z-]+)"/.exec(text)?.[1];
    const name = slug ?? String(status);
    statuses.set(name, (statuses.get(name) ?? 0) + 1);
    const fine = status === 200 || ["no-candidates", "deadline-exceeded", "overloaded", "no-members"].includes(slug ?? "");
    if (!fine || slug === "internal") odd.push(`${status} ${text.slice(0, 200)}`);
  });
  for (const line of odd.slice(0, 5)) console.log(line);
  return [
    info(
      "requests",
      `${requests}, deadlines ${shortest} to ${longest} ms: ${[...statuses].map(([name, times]) => `${name} × ${times}`).join(", ")}`,
    ),
    { what: "neither answer nor refusal", measured: odd.length, wanted: "0", ok: odd.length === 0 },
    info("overshoot as the caller sees it, p50", median(over)),
    atMost("overshoot as the caller sees it, p99", quantile(over, 0.99), 50, " ms"),
    atMost("overshoot as the caller sees it, max", Math.max(...over), 250, " ms"),
    info("overshoot as the report says, p99 and max", `${quantile(own, 0.99)} and ${Math.max(...own)} ms`),
  ];
}

function leftOpen(name: string, before: Resources, after: Resources): Row[] {
  const more = Object.entries(after.open).filter(([kind, count]) => count > (before.open[kind] ?? 0));
  return [
    {
      what: `${name}: handles more than before the first request`,
      measured: more.map(([kind, count]) => `${kind} ${before.open[kind] ?? 0} → ${count}`).join(", ") || 0,
      wanted: "0",
      ok: more.length === 0,
    },
    { what: `${name}: warnings of the runtime (listeners that pile up)`, measured: after.warnings, wanted: "0", ok: after.warnings === 0 },
  ];
}

try {
  const [serviceBefore, simulatorBefore] = [
    await service.send<Resources>({ do: "resources" }),
    await simulator.send<Resources>({ do: "resources" }),
  ];
  const stirring = new AbortController();
  const stirred = stir(stirring.signal);
  // code that has never run is slow, here and there: not what is measured
  await spread(200, 16, async (index) => {
    await client.ask({ path: "/consensus", json: { prompt: "Are you awake?", panel: panelOf(-index), deadline_ms: 5000 } });
  });
  await idler.send<Lateness>({ do: "resources" });
  const late = await deadlines();
  const idle = await idler.send<Lateness>({ do: "resources" });
  stirring.abort();
  const met = await stirred;
  await heal();
  const gone = await leaving({ url: service.hello.url ?? "", simulator, providers: PROVIDERS, leavers, random, how: "close" });
  await client.close();
  await sleep(SETTLE_MS);
  const [serviceAfter, simulatorAfter] = [
    await service.send<Resources>({ do: "resources" }),
    await simulator.send<Resources>({ do: "resources" }),
  ];
  conclude("deadlines: random ones against faults that change five times a second", [
    ...late,
    info("an idle process woke up too late by, p99 and max", `${rounded(idle.p99)} and ${rounded(idle.max)} ms`),
    info("faults met", met),
    ...gone,
    { what: "calls in flight afterwards", measured: serviceAfter.inFlight, wanted: "0", ok: serviceAfter.inFlight === 0 },
    ...leftOpen("service", serviceBefore, serviceAfter),
    ...leftOpen("upstreams", simulatorBefore, simulatorAfter),
    info("service RSS before and after", `${rounded(serviceBefore.rssMb)} and ${rounded(serviceAfter.rssMb)} MB`),
  ]);
} finally {
  await idler.stop();
  await service.stop();
  await simulator.stop();
}
