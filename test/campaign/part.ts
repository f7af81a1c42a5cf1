/** One process of a campaign, forked by it: the service, the simulated providers, or an idler that tells how late the machine itself is. Answers to orders over the parent's channel. */
import { type ChildProcess, fork } from "node:child_process";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve } from "../../src/runtimes/serve.ts";
import { type ProviderName, type SimulatorOptions, startSimulator } from "../../src/simulator/simulator.ts";

/** What is open in a process: kinds of handles with their number, and what the panel has under way. */
export interface Resources {
  open: Record<string, number>;
  inFlight: number;
  rssMb: number;
  warnings: number;
}
export interface UpstreamCall {
  provider: ProviderName;
  path: string;
  model: string;
  /** false for proofs, looks and warm-ups, which carry no prompt and may outlive their caller */
  prompt: boolean;
  /** milliseconds since the epoch, comparable over processes */
  at: number;
  abortedAt: number | null;
}
export interface Lateness {
  p99: number;
  max: number;
}
export interface Part {
  send<T>(order: object): Promise<T>;
  pid: number;
  stop(): Promise<void>;
}

export async function startPart(
  role: "service" | "simulator" | "idler",
  options: object,
): Promise<Part & { hello: Record<string, string> }> {
  const child: ChildProcess = fork(import.meta.filename, [role, JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, (value: unknown) => void>();
  let orders = 0;
  const hello = new Promise<unknown>((resolve, reject) => {
    waiting.set(0, resolve);
    child.once("exit", (code) => reject(new Error(`${role} ended with ${code}`)));
  });
  child.on("message", ({ order, value }: { order: number; value: unknown }) => {
    waiting.get(order)?.(value);
    waiting.delete(order);
  });
  return {
    hello: (await hello) as Record<string, string>,
    pid: child.pid ?? 0,
    send: <T>(order: object) =>
      new Promise<T>((resolve) => {
        orders += 1;
        waiting.set(orders, resolve as (value: unknown) => void);
        child.send({ ...order, order: orders });
      }),
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await gone;
    },
  };
}

type Order =
  | { order: number; do: "resources" }
  | { order: number; do: "fault"; provider: ProviderName; fault: string | null }
  | { order: number; do: "calls"; since: number };

function countOf(names: readonly string[]): Record<string, number> {
  const open: Record<string, number> = {};
  for (const name of names) open[name] = (open[name] ?? 0) + 1;
  return open;
}
const report = (order: number, value: unknown): void => void process.send?.({ order, value });
let warnings = 0;
const resources = (inFlight: number): Resources => ({
  open: countOf(process.getActiveResourcesInfo()),
  inFlight,
  rssMb: process.memoryUsage.rss() / 2 ** 20,
  warnings,
});

async function playService(env: Record<string, string>): Promise<void> {
  const settings = await readSettings({ PORT: "0", LOG_LEVEL: "error", CONSENSUS_DB: ":memory:", ...env }, { version: "campaign" });
  const service = await serve(settings);
  process.on("message", ({ order }: Order) => {
    const status = service.composed.panel.status(settings.panel);
    report(order, resources(status.reduce((sum, { in_flight }) => sum + in_flight, 0)));
  });
  report(0, { url: service.url });
}

async function playSimulator(options: SimulatorOptions): Promise<void> {
  const simulator = await startSimulator(options);
  const calls = (provider: ProviderName, since: number): UpstreamCall[] =>
    simulator.seen(provider).flatMap(({ path, json, at, abortedAt }) => {
      const { model = "", messages = [] } = (json ?? {}) as { model?: string; messages?: unknown[] };
      const absolute = performance.timeOrigin + at;
      if (absolute <= since) return [];
      return [
        {
          provider,
          path,
          model,
          prompt: messages.length > 0,
          at: absolute,
          abortedAt: abortedAt === null ? null : performance.timeOrigin + abortedAt,
        },
      ];
    });
  process.on("message", async (order: Order) => {
    if (order.do === "fault") await simulator.fault(order.provider, order.fault);
    if (order.do === "calls")
      report(
        order.order,
        (simulator.providers as ProviderName[]).flatMap((one) => calls(one, order.since)),
      );
    else report(order.order, resources(0));
  });
  report(0, simulator.environment());
}

/** How late a process with nothing to do wakes up, ms: what no program on this machine can do better than, just now. */
async function playIdler(): Promise<void> {
  const late: number[] = [];
  process.on("message", ({ order }: Order) => {
    const sorted = late.toSorted((left, right) => left - right);
    report(order, { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, max: sorted.at(-1) ?? 0 });
    late.length = 0;
  });
  report(0, {});
  const wake = (due: number): void => {
    late.push(performance.now() - due);
    setTimeout(wake, 10, performance.now() + 10);
  };
  wake(performance.now());
}

if (process.argv[1] === import.meta.filename) {
  process.on("warning", () => (warnings += 1));
  process.on("disconnect", () => process.exit(0));
  const given = JSON.parse(process.argv[3] ?? "{}");
  const role = process.argv[2];
  await (role === "idler" ? playIdler() : role === "service" ? playService(given) : playSimulator(given));
}
