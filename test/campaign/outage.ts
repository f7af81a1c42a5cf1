/** Every cloud provider out for good: how long it takes until the local model is asked, on the very first request and once that is known. */
import type { Report } from "../../src/core/report.ts";
import type { ProviderName } from "../../src/simulator/simulator.ts";
import { atMost, conclude, createClient, info, options, quantile, type Row, rounded } from "./kit.ts";
import { startPart, type UpstreamCall } from "./part.ts";

const { runs, timeout, seed } = options({ runs: 60, timeout: 1000, seed: 1 });
const CLOUD: readonly ProviderName[] = ["together", "groq"];
/** enough runs for five failures in a row of one after the other, and a probe between */
const LEARNING = 14;
const WAKING = 5;
const wall = (): number => performance.timeOrigin + performance.now();

async function outage(fault: string, strategy: string): Promise<Row[]> {
  const simulator = await startPart("simulator", { latencyMs: 5, seed });
  const service = await startPart("service", simulator.hello);
  const client = createClient(service.hello.url ?? "", 1);
  // code that has never run is slow: not what is measured; of the clouds nothing is known yet
  const local = { prompt: "Are you awake?", panel: ["ollama/llama3.2"] };
  for (let run = 0; run < WAKING; run += 1) await client.ask({ path: "/consensus", json: local });
  for (const provider of CLOUD) await simulator.send({ do: "fault", provider, fault });
  const panel = ["together/m", "groq/m"].map((model) => ({ model, timeout_ms: timeout }));
  const delays: number[] = [];
  const totals: number[] = [];
  let answered = 0;
  for (let run = 0; run < runs; run += 1) {
    const from = wall();
    const json = {
      prompt: `What is ${run} + 25?`,
      answer: { type: "number" },
      strategy,
      panel: [...panel, "ollama/llama3.2"],
      stop: "all",
    };
    const { status, text, ms } = await client.ask({ path: "/consensus", json });
    const outcomes = (JSON.parse(text) as Report).outcomes ?? [];
    if (status === 200 && outcomes.some(({ provider, status: how }) => provider === "ollama" && how === "answered")) answered += 1;
    const calls = await simulator.send<UpstreamCall[]>({ do: "calls", since: from });
    const asked = calls.find(({ provider, prompt }) => provider === "ollama" && prompt);
    delays.push(asked ? asked.at - from : Number.POSITIVE_INFINITY);
    totals.push(ms);
  }
  await client.close();
  await service.stop();
  await simulator.stop();
  const name = `${strategy}, ${fault}`;
  const steady = delays.slice(LEARNING);
  return [
    { what: `${name}: answered by the local model`, measured: `${answered} of ${runs}`, wanted: "all", ok: answered === runs },
    atMost(`${name}: local model asked after, first request`, delays[0] ?? Number.NaN, timeout + 50, " ms"),
    atMost(`${name}: once the outage is known, p99`, quantile(steady, 0.99), 50, " ms"),
    info(`${name}: whole reply then, p50`, `${rounded(quantile(totals.slice(LEARNING), 0.5))} ms`),
  ];
}

const rows: Row[] = [];
for (const strategy of ["fallback", "auto"])
  for (const fault of ["503", "refused", "stall-headers"]) rows.push(...(await outage(fault, strategy)));
conclude(`outage: every cloud provider out, attempts of ${timeout} ms`, rows);
