/** Providers, an egress, a meter and orders for the panel's tests: scripted, on a virtual clock, and seeing every call from outside. */
import type { ToolCall } from "../../adjudicator/index.ts";
import type { Outcome } from "../../src/core/report.ts";
import { EgressError, type Egress } from "../../src/egress/egress.ts";
import { createPanel, type PanelDeps } from "../../src/panel/index.ts";
import type { PanelOrder, SeatPlan, Settling } from "../../src/panel/panel.ts";
import { createPurse } from "../../src/panel/purse.ts";
import type { CallIo, ChatCall, ChatReply, ChatResult, Failure, ModelFacts, Provider } from "../../src/providers/provider.ts";
import { createVirtualClock, type VirtualClock } from "../kit/clock.ts";
import { createSeededRandom } from "../kit/random.ts";

export const FACTS: ModelFacts = {
  contextTokens: null,
  maxOutputTokens: null,
  inputUsdPerMtok: 1,
  outputUsdPerMtok: 2,
  family: null,
  unsupported: [],
  structured: true,
  timeoutMs: null,
  maxConcurrency: null,
  numCtx: null,
  weight: null,
  checked: null,
  source: null,
};
export const FREE: Partial<ModelFacts> = { inputUsdPerMtok: 0, outputUsdPerMtok: 0 };

export const reply = (text: string, more: Partial<ChatReply> = {}): ChatResult => ({
  ok: true,
  reply: {
    text,
    reasoning: null,
    toolCalls: [],
    finish: { unified: "stop", raw: "stop" },
    usage: { input_tokens: 10, output_tokens: 5 },
    servedModel: "m",
    ignored: [],
    relayedTo: null,
    ...more,
  },
});
export const failure = (reason: Failure["reason"], more: Partial<Failure> = {}): ChatResult => ({
  ok: false,
  failure: {
    reason,
    detail: `scripted ${reason}`,
    again: "never",
    retryAfterMs: null,
    trips: false,
    modelGone: false,
    textRead: false,
    usage: { input_tokens: null, output_tokens: null },
    status: null,
    ...more,
  },
});
export const toolCall = (name = "look"): ToolCall => ({ id: "1", type: "function", function: { name, arguments: "{}" } });

/** What a call does: after `ms`, with headers at `headersMs` (null = together with the result); `hang` never ends by itself. */
export interface Step {
  ms?: number;
  headersMs?: number;
  contentEvery?: number;
  deltas?: [number, string][];
  result?: ChatResult;
  hang?: boolean;
  throws?: unknown;
}
export interface SeenCall {
  model: string;
  call: ChatCall;
  at: number;
  endedAt: number | null;
  aborted: string | null;
}
export interface FakeProvider extends Provider {
  seen: SeenCall[];
  /** calls in flight now, and the most at once */
  open: number;
  mostOpen: number;
  script: (n: number, call: ChatCall) => Step;
}

/** Ends a promise after `ms`, or when the signal aborts: as every adapter must. */
function stepOf(clock: VirtualClock, step: Step, io: CallIo): Promise<ChatResult> {
  if (step.throws !== undefined) return Promise.reject(step.throws);
  return new Promise((resolve) => {
    const cancels: (() => void)[] = [];
    const end = (result: ChatResult): void => {
      for (const cancel of cancels) cancel();
      resolve(result);
    };
    io.signal.addEventListener("abort", () => end(failure("cancelled")), { once: true });
    if (step.headersMs !== undefined) cancels.push(clock.timer(step.headersMs, () => io.onHeaders?.()));
    for (const [at, text] of step.deltas ?? [])
      cancels.push(
        clock.timer(at, () => {
          io.onContent?.();
          io.onDelta?.(text);
        }),
      );
    if (step.contentEvery !== undefined) {
      const every = step.contentEvery;
      const tick = (): void => {
        io.onContent?.();
        cancels.push(clock.timer(every, tick));
      };
      cancels.push(clock.timer(every, tick));
    }
    if (!step.hang)
      cancels.push(
        clock.timer(step.ms ?? 1, () => {
          io.onHeaders?.();
          io.onContent?.();
          end(step.result ?? reply("42"));
        }),
      );
  });
}

export function fakeProvider(
  clock: VirtualClock,
  name: string,
  script: (n: number, call: ChatCall) => Step,
  more: Partial<Provider> = {},
): FakeProvider {
  const provider: FakeProvider = {
    name,
    endpoint: { provider: name, baseUrl: `http://127.0.0.1:1/${name}`, local: more.local ?? false, auth: null },
    local: false,
    timeoutMs: 10_000,
    maxConcurrency: 16,
    seen: [],
    open: 0,
    mostOpen: 0,
    script,
    async chat(call, io) {
      const seen: SeenCall = { model: call.model, call, at: clock.now(), endedAt: null, aborted: null };
      provider.seen.push(seen);
      provider.open += 1;
      provider.mostOpen = Math.max(provider.mostOpen, provider.open);
      io.signal.addEventListener("abort", () => {
        seen.aborted = (io.signal.reason as { by?: string }).by ?? "?";
        seen.endedAt = clock.now();
        provider.open -= 1;
      });
      try {
        return await stepOf(clock, provider.script(provider.seen.length - 1, call), io);
      } finally {
        if (seen.endedAt === null) {
          seen.endedAt = clock.now();
          provider.open -= 1;
        }
      }
    },
    ...more,
  };
  return provider;
}

export function fakeEgress(): Egress {
  return {
    open(endpoint, passage) {
      if (passage.privacy === "local-only" && !endpoint.local) throw new EgressError("privacy", "remote");
      return () => Promise.reject(new Error("no network in this test"));
    },
    permits: () => true,
    close: () => Promise.resolve(),
  };
}

export interface Counted {
  name: string;
  labels: Record<string, string>;
}
export function world(seed = 1) {
  const clock = createVirtualClock();
  const counted: Counted[] = [];
  const logged: string[] = [];
  const providers = new Map<string, FakeProvider>();
  const facts: Record<string, Partial<ModelFacts>> = {};
  const count = (name: string, labels: Record<string, string> = {}): number =>
    counted.filter((entry) => entry.name === name && Object.entries(labels).every(([key, value]) => entry.labels[key] === value)).length;
  const deps: PanelDeps = {
    providers,
    facts: (member) => ({ ...FACTS, ...facts[member] }),
    egress: fakeEgress(),
    clock,
    random: createSeededRandom(seed),
    meter: { count: (name, labels) => void counted.push({ name, labels }), observe: () => undefined },
    log: (_level, event) => void logged.push(event),
  };
  return {
    clock,
    counted,
    count,
    logged,
    providers,
    facts,
    deps,
    add(name: string, script: (n: number, call: ChatCall) => Step, more: Partial<Provider> = {}): FakeProvider {
      const provider = fakeProvider(clock, name, script, more);
      providers.set(name, provider);
      return provider;
    },
    panel: (more: Partial<PanelDeps> = {}) => createPanel({ ...deps, ...more }),
  };
}
export type World = ReturnType<typeof world>;

export const seatOf = (member: string, seat = 1, more: Partial<SeatPlan> = {}): SeatPlan => {
  const slash = member.indexOf("/");
  return {
    seat,
    sample: 1,
    member,
    provider: member.slice(0, slash),
    model: member.slice(slash + 1),
    local: false,
    timeoutMs: null,
    dropped: null,
    ...more,
  };
};

export interface TestOrder extends PanelOrder {
  controller: AbortController;
  arrived: Outcome[];
}
export function orderOf(clock: VirtualClock, members: (string | SeatPlan)[], more: Partial<PanelOrder> = {}): TestOrder {
  const controller = new AbortController();
  const arrived: Outcome[] = [];
  return {
    runId: "run_test",
    seats: members.map((member, index) => (typeof member === "string" ? seatOf(member, index + 1) : { ...member, seat: index + 1 })),
    messages: [{ role: "user", content: "How many?" }],
    sampling: {},
    answer: { type: "text" },
    tools: null,
    passage: { privacy: "cloud-allowed", hosts: new Set() },
    panelBy: clock.now() + 60_000,
    startedAt: clock.now(),
    graceMs: 5000,
    signal: controller.signal,
    settle: (): Settling => "wait",
    onOutcome: (outcome) => void arrived.push(outcome),
    purse: createPurse(null),
    inTurn: false,
    controller,
    arrived,
    ...more,
  };
}

/** Runs timers until the promise settles (bounded), without more time passing than it needs. */
export async function settle<Value>(clock: VirtualClock, work: Promise<Value>, limitMs = 700_000): Promise<Value> {
  const ended = { yet: false };
  const end = (): void => void (ended.yet = true);
  work.then(end, end);
  const until = clock.now() + limitMs;
  await clock.flush();
  while (!ended.yet && clock.now() < until) {
    if (clock.pending() === 0) throw new Error("nothing is left to wait for, and the work has not ended");
    await clock.advance(clock.untilNext());
  }
  if (!ended.yet) throw new Error("did not end in time");
  return work;
}
