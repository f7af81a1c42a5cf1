/** Callers who leave while their upstreams hang: how long until each upstream call is let go, by the upstream's own clock. Says nothing about which runtime serves them. */
import { connect } from "node:net";
import type { ProviderName } from "../../src/simulator/simulator.ts";
import { atMost, info, pick, quantile, type Row, rounded, sleep, spread } from "./kit.ts";
import type { Part, UpstreamCall } from "./part.ts";

interface Leaving {
  /** of the service */
  url: string;
  simulator: Part;
  providers: readonly ProviderName[];
  leavers: number;
  /** how many at once */
  width?: number;
  random(): number;
  /** a server cannot tell a closed socket from one that has said all it wanted, unless it takes the one for the other: Node does, workerd does not */
  how: "close" | "reset";
}
const HANGS = ["stall-headers", "stall", "keep-alive-comments"];
/** Long enough for every abort that comes at all. */
const LOOK_MS = 300;
const wall = (): number => performance.timeOrigin + performance.now();

interface Left {
  lags: number[];
  held: number;
  unseen: number;
}

/** One caller, on a connection of its own. */
async function leave(index: number, { url, simulator, providers, random, how }: Leaving, left: Left): Promise<void> {
  const name = `gone-${index}`;
  const body = JSON.stringify({ prompt: "Are you there?", panel: providers.map((provider) => `${provider}/${name}`), deadline_ms: 20_000 });
  const { hostname, port, host } = new URL(url);
  const accept = index % 2 === 0 ? "application/json" : "text/event-stream";
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined).resume();
  socket.write(
    `POST /consensus HTTP/1.1\r\nhost: ${host}\r\naccept: ${accept}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await sleep(60 + random() * 150);
  const leftAt = wall();
  if (how === "close") socket.destroy();
  else socket.resetAndDestroy();
  await sleep(LOOK_MS);
  const calls = await simulator.send<UpstreamCall[]>({ do: "calls", since: leftAt - 2000 });
  const ours = calls.filter(({ model, prompt }) => model === name && prompt);
  if (ours.length === 0) left.unseen += 1;
  for (const { at, abortedAt } of ours) {
    if (abortedAt === null) left.held += 1;
    else left.lags.push(abortedAt - Math.max(leftAt, at));
  }
}

/** Each leaves at a random moment, half of them a stream. Afterwards the providers are well again. */
export async function leaving(order: Leaving): Promise<Row[]> {
  const { simulator, providers, leavers, width = 8 } = order;
  const setFault = (provider: ProviderName, fault: string | null): Promise<unknown> => simulator.send({ do: "fault", provider, fault });
  for (const [at, provider] of providers.entries()) await setFault(provider, pick(HANGS, at));
  const left: Left = { lags: [], held: 0, unseen: 0 };
  await spread(leavers, width, (index) => leave(index, order, left));
  // warm-ups go on without their callers, for minutes where nothing answers: a closed port ends them
  if (providers.includes("ollama")) await setFault("ollama", "refused");
  for (const provider of providers) await setFault(provider, null);
  const { lags, held, unseen } = left;
  return [
    info("callers who left, upstream calls let go, callers without one", `${leavers}, ${lags.length}, ${unseen}`),
    { what: `upstream calls still held ${LOOK_MS} ms later`, measured: held, wanted: "0", ok: held === 0 },
    info("leaving reaches the upstream, p50", `${rounded(quantile(lags, 0.5))} ms`),
    atMost("leaving reaches the upstream, p99", quantile(lags, 0.99), 100, " ms"),
    info("leaving reaches the upstream, max", `${rounded(Math.max(...lags))} ms`),
  ];
}
