/** The Worker in workerd: how long until the upstream calls of callers who left are let go, and whether a crowd of them leaves the queues as they were. */
import type { ProviderName } from "../../src/simulator/simulator.ts";
import { conclude, createClient, info, options, type Row, rounded, seeded, spread } from "./kit.ts";
import { leaving } from "./leavers.ts";
import { type Lateness, startPart } from "./part.ts";
import { startWorker } from "./workerd.ts";

const { leavers, crowd, seed } = options({ leavers: 400, crowd: 200, seed: 1 });
/** a Worker has no local members */
const PROVIDERS: readonly ProviderName[] = ["together", "groq"];
/** four times the places of a provider */
const CROWDED = 64;
const random = seeded(seed);

const simulator = await startPart("simulator", { providers: PROVIDERS, latencyMs: 20, seed });
const idler = await startPart("idler", {});
const worker = await startWorker(simulator.hello);

async function answeredOf(count: number, width: number): Promise<number> {
  const client = createClient(worker.url, width);
  let answered = 0;
  await spread(count, width, async (index) => {
    const panel = PROVIDERS.map((provider) => `${provider}/w-${index % 4}`);
    const { status } = await client.ask({ path: "/consensus", json: { prompt: "Are you awake?", panel, deadline_ms: 10_000 } });
    if (status === 200) answered += 1;
  });
  await client.close();
  return answered;
}

/** More leave at once than there are places: some while they wait, some right when they are served. */
async function afterCrowd(): Promise<Row[]> {
  const order = { url: worker.url, simulator, providers: PROVIDERS, random, how: "reset" as const };
  const held = (await leaving({ ...order, leavers: crowd, width: CROWDED })).filter(({ what }) => what.includes("still held"));
  const asked = 4 * CROWDED;
  const answered = await answeredOf(asked, CROWDED);
  const status = (await (await fetch(`${worker.url}/status`)).json()) as { members: { in_flight: number; queued: number }[] };
  const left = status.members.reduce((sum, { in_flight, queued }) => sum + in_flight + queued, 0);
  return [
    ...held.map((row) => ({ ...row, what: `${row.what}, after ${crowd} left, ${CROWDED} at once` })),
    { what: "callers after them who were answered", measured: `${answered} of ${asked}`, wanted: "all", ok: answered === asked },
    { what: "calls in flight or waiting afterwards", measured: left, wanted: "0", ok: left === 0 },
  ];
}

try {
  // code that has never run is slow: not what is measured
  await answeredOf(100, 8);
  await idler.send<Lateness>({ do: "resources" });
  const one = await leaving({ url: worker.url, simulator, providers: PROVIDERS, leavers, random, how: "reset" });
  const idle = await idler.send<Lateness>({ do: "resources" });
  const many = await afterCrowd();
  const warned = worker.output().match(/different request context/g)?.length ?? 0;
  conclude("workers: callers who leave a Worker in workerd", [
    ...one,
    info("an idle process woke up too late by, p99 and max", `${rounded(idle.p99)} and ${rounded(idle.max)} ms`),
    ...many,
    { what: "promises that were dropped with their request, by workerd's word", measured: warned, wanted: "0", ok: warned === 0 },
  ]);
} finally {
  await worker.stop();
  await idler.stop();
  await simulator.stop();
}
