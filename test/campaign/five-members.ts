/** Five members that each fail three calls in ten at random, with retries off, over real sockets: how many runs are answered. */
import { createConsensus } from "../../src/consensus/run.ts";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { fitContext } from "../../src/panel/fit.ts";
import { createPanel } from "../../src/panel/index.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { openEngine } from "../../src/runtimes/engine.ts";
import { type Seen, startUpstream, type Upstream } from "../../src/simulator/upstream.ts";
import { atLeast, conclude, info, options, pick, type Row, rounded, seeded, spread } from "./kit.ts";

const { runs, seed } = options({ runs: 5000, seed: 7 });
const MEMBERS = ["a", "b", "c", "d", "e"];
const SHARE = 0.3;
const random = seeded(seed);
/** What fails: an answer that is none, or a status. A status counts against the member's breaker, which opens below 80 %: then a run asks the last seat alone. */
const KINDS: Readonly<Record<string, readonly { status: number; body: string }[]>> = {
  nonsense: [
    { status: 200, body: "<html>Please log in</html>" },
    { status: 200, body: '{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}' },
    { status: 200, body: '{"choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter"}]}' },
  ],
  "503": [{ status: 503, body: '{"error":{"message":"overloaded"}}' }],
};
let failing: readonly { status: number; body: string }[] = [];
/** runs that at least one member was told to answer */
const luckyRuns = new Set<string>();

function said({ json }: Seen): { run: string; model: string } {
  const { model, messages } = json as { model: string; messages: { content: string }[] };
  return { model, run: /run (\d+)/.exec(messages.map(({ content }) => content).join(" "))?.[1] ?? "" };
}
const startMember = (): Promise<Upstream> =>
  startUpstream((seen, response) => {
    upstreamCalls += 1;
    const fails = random() < SHARE;
    const { run, model } = said(seen);
    if (!fails) luckyRuns.add(run);
    const message = { role: "assistant", content: "The answer is 42." };
    const good = { id: "x", object: "chat.completion", model, choices: [{ index: 0, message, finish_reason: "stop" }] };
    const { status, body } = fails ? pick(failing, Math.floor(random() * failing.length)) : { status: 200, body: JSON.stringify(good) };
    response.writeHead(status, { "content-type": body.startsWith("<") ? "text/html" : "application/json" }).end(body);
  });
let upstreamCalls = 0;

const upstreams = await Promise.all(MEMBERS.map(startMember));
const services = Object.fromEntries(MEMBERS.map((name, at) => [name, { base_url: `${upstreams[at]?.url}/v1`, model: "m" }]));
const env = {
  CONSENSUS_PROVIDERS: JSON.stringify(services),
  CONSENSUS_PANEL: MEMBERS.map((name) => `${name}/m`).join(","),
  CONSENSUS_DB: ":memory:",
};

async function campaign(kind: string, attempts: number, least: number | null): Promise<Row[]> {
  failing = KINDS[kind] ?? [];
  luckyRuns.clear();
  upstreamCalls = 0;
  const { composed, close } = await openEngine(await readSettings({ ...env, LOG_LEVEL: "error" }, { version: "campaign" }));
  const { providers, facts, egress, engine } = composed;
  const { clock, random: chance, meter, log } = engine;
  const panel = createPanel({ providers, facts, egress, clock, random: chance, meter, log, fit: fitContext, knobs: { attempts } });
  const consensus = createConsensus({ ...engine, panel });
  let answered = 0;
  let missed = 0;
  let retries = 0;
  await spread(runs, 8, async (index) => {
    const prompt = `What is 40 + 2? This is run ${index}.`;
    const request = composed.parse({ prompt, answer: { type: "number" }, strategy: "vote", stop: "all", deadline_ms: 10_000 });
    const context = { owner: "", requestId: "r", acceptedAt: clock.now(), signal: new AbortController().signal, live: false };
    let last: ConsensusEvent | undefined;
    for await (const event of consensus.run(request, context)) last = event;
    const report: Report | undefined = last?.type === "run-end" ? last.data : last?.type === "error" ? last.data.report : undefined;
    const ok = report?.answer === "The answer is 42.";
    if (ok) answered += 1;
    if (ok !== luckyRuns.has(String(index))) missed += 1;
    retries += report?.usage.retries ?? 0;
  });
  panel.close?.();
  await close();
  const name = `${kind}, ${attempts === 1 ? "no retries" : `${attempts} attempts`}`;
  const share = (answered / runs) * 100;
  return [
    least === null ? info(`${name}: answered`, `${rounded(share, 2)} %`) : atLeast(`${name}: answered`, share, least, " %"),
    { what: `${name}: answered by somebody and yet not answered`, measured: missed, wanted: "0", ok: missed === 0 },
    info(`${name}: calls, retries`, `${upstreamCalls}, ${retries}`),
  ];
}

try {
  const rows = [
    info("runs of each kind", runs),
    ...(await campaign("nonsense", 1, 99.7)),
    ...(await campaign("503", 1, null)),
    ...(await campaign("503", 3, null)),
  ];
  conclude("five members, each failing 30 % of its calls", rows);
} finally {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
}
