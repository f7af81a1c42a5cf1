/** Ten times what the providers can serve, open loop: how much is still answered, how fast the rest is turned away, and what memory that takes. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { atLeast, atMost, conclude, createClient, info, openLoop, options, quantile, rounded, sleep } from "./kit.ts";
import { type Lateness, type Resources, startPart } from "./part.ts";

const { places, latency, times, seconds, seed } = options({ places: 8, latency: 200, times: 10, seconds: 12, seed: 1 });
/** requests a second that the one provider can answer */
const CAPACITY = (places * 1000) / latency;
const DEADLINE_MS = 2000;

const simulator = await startPart("simulator", { providers: ["groq"], latencyMs: latency, seed });
const service = await startPart("service", {
  ...simulator.hello,
  OLLAMA_HOST: "http://127.0.0.1:9",
  CONSENSUS_PANEL: "groq/m",
  CONSENSUS_MODELS: JSON.stringify({ "groq/m": { max_concurrency: places } }),
});
const idler = await startPart("idler", {});
const client = createClient(service.hello.url ?? "", 2000);

interface Seen {
  good: number;
  shed: number[];
  /** of those, the ones that were let into a run first: how long by the service's own clock */
  later: number[];
  /** how late this process itself woke up, ms */
  lag: { p99: number; max: number };
  slugs: Map<string, number>;
  withoutHint: number;
  rssMb: number;
}
async function load(rate: number): Promise<Seen> {
  const seen: Seen = { good: 0, shed: [], later: [], lag: { p99: 0, max: 0 }, slugs: new Map(), withoutHint: 0, rssMb: 0 };
  const watch = setInterval(() => {
    void service.send<Resources>({ do: "resources" }).then(({ rssMb }) => (seen.rssMb = Math.max(seen.rssMb, rssMb)));
  }, 500);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await openLoop(rate, seconds, async (index) => {
    const json = { prompt: `What is ${index} + 25?`, answer: { type: "number" }, deadline_ms: DEADLINE_MS };
    const { status, text, headers, ms } = await client.ask({ path: "/consensus", json });
    if (status === 200) {
      seen.good += 1;
      return;
    }
    const slug = /"type":"\/problems\/([a-z-]+)"/.exec(text)?.[1] ?? String(status);
    seen.slugs.set(slug, (seen.slugs.get(slug) ?? 0) + 1);
    if (status !== 503) return;
    seen.shed.push(ms);
    const own = /"timing_ms":\{"total":(\d+)/.exec(text)?.[1];
    if (own !== undefined) seen.later.push(Number(own));
    if (headers["retry-after"] === undefined) seen.withoutHint += 1;
  });
  clearInterval(watch);
  delays.disable();
  seen.lag = { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 };
  return seen;
}

try {
  await load(CAPACITY / 2);
  const before = await service.send<Resources>({ do: "resources" });
  const fitting = await load(CAPACITY * 0.95);
  await sleep(1000);
  await idler.send<Lateness>({ do: "resources" });
  const over = await load(CAPACITY * times);
  const idle = await idler.send<Lateness>({ do: "resources" });
  const peak = fitting.good / seconds;
  const slugs = [...over.slugs].map(([slug, count]) => `${slug} × ${count}`).join(", ");
  conclude(`overload: ${times} × the capacity of ${CAPACITY} requests a second, for ${seconds} s`, [
    info("peak: good replies a second at 0.95 × capacity", rounded(peak)),
    info("good replies a second under overload", rounded(over.good / seconds)),
    atLeast("share of the peak", (over.good / seconds / peak) * 100, 90, " %"),
    info("turned away", slugs),
    info("a turned away reply, p50", `${rounded(quantile(over.shed, 0.5))} ms`),
    atMost("a turned away reply, p99", quantile(over.shed, 0.99), 10, " ms"),
    info("the slowest of them", `${rounded(Math.max(...over.shed))} ms`),
    info(
      "of them let into a run, and the longest of those by the service's clock",
      `${over.later.length}, ${Math.max(0, ...over.later)} ms`,
    ),
    info("the client itself woke up too late by, p99 and max", `${rounded(over.lag.p99)} and ${rounded(over.lag.max)} ms`),
    info("an idle process woke up too late by, p99 and max", `${rounded(idle.p99)} and ${rounded(idle.max)} ms`),
    { what: "503 without Retry-After", measured: over.withoutHint, wanted: "0", ok: over.withoutHint === 0 },
    atMost("RSS at its highest, beyond what it was before", over.rssMb - before.rssMb, 150, " MB"),
  ]);
} finally {
  await client.close();
  await idler.stop();
  await service.stop();
  await simulator.stop();
}
