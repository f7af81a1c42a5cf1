/** What every call of the panel shares: the lent ports and the state kept between runs. Holds no logic but its making. */
import { splitMember } from "../core/member.ts";
import type { Clock, Log, Meter, Random } from "../core/ports.ts";
import type { Egress } from "../egress/egress.ts";
import type { ModelFacts, Provider } from "../providers/provider.ts";
import { Breaker } from "./breaker.ts";
import { createRetryBudget, type RetryBudget } from "./budget.ts";
import { fitContext } from "./fit.ts";
import { createLatencies, type Latencies } from "./latency.ts";
import { Lately } from "./lately.ts";
import { Gate } from "./limits.ts";
import { Locals } from "./locals.ts";
import { DEFAULT_KNOBS, type PanelKnobs } from "./knobs.ts";
import { createBreakerMemory, type Memory } from "./memory.ts";

export interface PanelDeps {
  /** configured providers by name */
  providers: ReadonlyMap<string, Provider>;
  /** facts of `provider/model`, overrides applied */
  facts(member: string): ModelFacts;
  egress: Egress;
  clock: Clock;
  random: Random;
  meter: Meter;
  log: Log;
  knobs?: Partial<PanelKnobs>;
  /** where breaker states outlive the process; absent = they do not */
  memory?: Memory;
  /** cuts a conversation to a window; absent = fit.ts */
  fit?: typeof fitContext;
}

/** One model that can be called. */
export interface Target {
  member: string;
  provider: Provider;
  model: string;
  facts: ModelFacts;
  numCtx: number | null;
}

export interface Room extends Omit<PanelDeps, "knobs" | "memory"> {
  knobs: PanelKnobs;
  fit: typeof fitContext;
  /** correction of our token estimate, by member, learned from reported usage */
  factors: Lately<number>;
  breaker: Breaker;
  retries: RetryBudget;
  hedges: RetryBudget;
  latencies: Latencies;
  locals: Locals;
  gate(target: Target): Gate;
  /** some member has a substitute: providers' own latencies are kept too */
  hedging: boolean;
  /** the last failure of each member, for GET /status */
  lastErrors: Lately<{ reason: string; at: string }>;
}

/** null = no such provider is configured */
export function targetOf(room: Pick<PanelDeps, "providers" | "facts">, member: string): Target | null {
  const { provider: name, model } = splitMember(member);
  const provider = room.providers.get(name);
  if (provider === undefined) return null;
  const facts = room.facts(member);
  return { member, provider, model, facts, numCtx: facts.numCtx };
}

/** A member with its own `max_concurrency` has its own queue; all others of a provider share one. */
function createGates(deps: PanelDeps, knobs: PanelKnobs): (target: Target) => Gate {
  const gates = new Map<string, Gate>();
  return ({ member, provider, facts }) => {
    const name = facts.maxConcurrency === null ? provider.name : member;
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate = new Gate(deps, facts.maxConcurrency ?? provider.maxConcurrency, knobs);
    gates.set(name, gate);
    return gate;
  };
}

/** Hedges may be used one at a time: their share of the calls fills a bucket of one. */
const HEDGES_READY = 2;

export function createRoom({ knobs: chosen, memory, ...deps }: PanelDeps): Room {
  const knobs = { ...DEFAULT_KNOBS, ...chosen };
  const { retryShare, retryFloor, retryWindowMs, hedgeShare } = knobs;
  const keep = createBreakerMemory(deps, memory);
  const breaker: Breaker = new Breaker(deps, knobs, () => keep(breaker));
  keep.restore(breaker);
  return {
    ...deps,
    knobs,
    fit: deps.fit ?? fitContext,
    factors: new Lately(),
    breaker,
    retries: createRetryBudget(deps.clock, { share: retryShare, floor: retryFloor, windowMs: retryWindowMs }),
    hedges: createRetryBudget(deps.clock, { share: hedgeShare, floor: HEDGES_READY, windowMs: Number.POSITIVE_INFINITY }),
    latencies: createLatencies(deps.clock, knobs),
    locals: new Locals(deps, knobs),
    gate: createGates(deps, knobs),
    hedging: Object.keys(knobs.substitutes).length > 0,
    lastErrors: new Lately(),
  };
}
