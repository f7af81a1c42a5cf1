/** Fifty requests a second while every provider fails for a while: how many calls the sick providers still get, and how soon replies are good again. */
import type { Report } from "../../src/core/report.ts";
import type { ProviderName } from "../../src/simulator/simulator.ts";
import { atMost, conclude, createClient, info, openLoop, options, type Row, rounded, sleep } from "./kit.ts";
import { startPart, type UpstreamCall } from "./part.ts";

const { rate, seconds, from, until, seed } = options({ rate: 50, seconds: 40, from: 5, until: 25, seed: 1 });
const PROVIDERS: readonly ProviderName[] = ["together", "groq"];
/** the retry budget: a share of first calls, and this many in any ten seconds */
const FLOOR = 20;
const FLOOR_SECONDS = 10;
const RECOVERED = 0.95;

interface Second {
  asked: number;
  good: number;
}

async function brownOut(fault: string): Promise<Row[]> {
  const simulator = await startPart("simulator", { providers: PROVIDERS, latencyMs: 40, seed });
  const models = Object.fromEntries(["together/m", "groq/m"].map((name) => [name, { max_concurrency: 64 }]));
  const env = { ...simulator.hello, CONSENSUS_PANEL: "together/m,groq/m", CONSENSUS_MODELS: JSON.stringify(models) };
  const service = await startPart("service", { ...env, OLLAMA_HOST: "http://127.0.0.1:9" });
  const client = createClient(service.hello.url ?? "", 256);
  const line: Second[] = Array.from({ length: seconds }, () => ({ asked: 0, good: 0 }));
  const first = new Map<string, number>();
  const sick = new Map<string, number>();
  const began = performance.timeOrigin + performance.now();
  let since = began;
  const ending = new AbortController();
  // the simulator remembers a thousand calls only
  const counting = (async () => {
    while (!ending.signal.aborted) {
      await sleep(500);
      const calls = await simulator.send<UpstreamCall[]>({ do: "calls", since });
      for (const { provider, at } of calls) {
        since = Math.max(since, at);
        sick.set(provider, (sick.get(provider) ?? 0) + 1);
      }
    }
  })();
  const pull = async (): Promise<void> => {
    await sleep(from * 1000);
    for (const provider of PROVIDERS) await simulator.send({ do: "fault", provider, fault });
    await sleep((until - from) * 1000);
    for (const provider of PROVIDERS) await simulator.send({ do: "fault", provider, fault: null });
  };
  const pulled = pull();
  await openLoop(rate, seconds, async (index) => {
    const second = line[Math.floor(index / rate)] as Second;
    second.asked += 1;
    const json = { prompt: `What is ${index} + 25?`, answer: { type: "number" }, strategy: "vote", deadline_ms: 3000 };
    const { status, text } = await client.ask({ path: "/consensus", json });
    if (status === 200) second.good += 1;
    const parsed = JSON.parse(text) as Report & { report?: Report };
    const report = parsed.outcomes ? parsed : parsed.report;
    for (const outcome of report?.outcomes ?? [])
      if (outcome.status !== "not-asked" && outcome.attempts.length > 0)
        first.set(outcome.provider, (first.get(outcome.provider) ?? 0) + 1);
  });
  await pulled;
  await sleep(1000);
  ending.abort();
  await counting;
  await client.close();
  await service.stop();
  await simulator.stop();
  return verdict(fault, line, first, sick);
}

function verdict(fault: string, line: Second[], first: Map<string, number>, sick: Map<string, number>): Row[] {
  const share = ({ asked, good }: Second): number => (asked === 0 ? 1 : good / asked);
  const late = line.findLastIndex((second, at) => at >= until && share(second) < RECOVERED);
  const back = late === -1 ? 0 : late + 1 - until;
  const during = line.slice(from + 1, until);
  const floor = FLOOR * Math.ceil(seconds / FLOOR_SECONDS + 1);
  return [
    ...PROVIDERS.map((provider) => {
      const [calls, firsts] = [sick.get(provider) ?? 0, first.get(provider) ?? 0];
      const most = Math.floor(firsts * 1.2 + floor);
      return { what: `${fault}: calls to ${provider} (first ones ${firsts})`, measured: calls, wanted: `≤ ${most}`, ok: calls <= most };
    }),
    info(
      `${fault}: seats asked of ${rate * seconds * PROVIDERS.length}`,
      [...first.values()].reduce((sum, count) => sum + count, 0),
    ),
    info(
      `${fault}: good replies in the outage`,
      `${rounded((during.reduce((sum, second) => sum + share(second), 0) / during.length) * 100)} %`,
    ),
    atMost(`${fault}: seconds until 95 % are good again and stay so`, back, 10, " s"),
  ];
}

const rows: Row[] = [];
for (const fault of ["503", "refused", "stall-headers"]) rows.push(...(await brownOut(fault)));
conclude(`brown-out: ${rate} requests a second for ${seconds} s, every provider failing from second ${from} to ${until}`, rows);
