/** Goes to each provider once, through the guard, and brings back what it said. Sends no prompt unless told to; judges nothing. */
import type { EmbeddedEngine, CliPorts } from "../ports.ts";
import type { Passage } from "../../egress/egress.ts";
import { failureOfThrown } from "../../providers/thrown.ts";
import type { CallIo, Failure, LocalProof, LocalRuntime, Provider } from "../../providers/provider.ts";

export type Reply<T> = { ok: true; ms: number; value: T } | { ok: false; ms: number; failure: Failure };
export type Listed = { id: string; contextTokens: number | null }[];

export interface Visit {
  provider: string;
  local: boolean;
  /** scheme, host and port */
  origin: string;
  /** null = it was not asked, for this reason */
  skipped: "offline" | "local-only" | null;
  /** null = it has no list, or was not asked */
  models: Reply<Listed> | null;
  about: Reply<LocalRuntime> | null;
  /** model → what it showed, for runtimes that can relay */
  proofs: Map<string, LocalProof>;
  /** model → whether a short prompt was answered */
  answers: Map<string, Reply<null>>;
}

export interface VisitOrder {
  engine: EmbeddedEngine;
  passage: Passage;
  /** models of this provider that are seated anywhere */
  models: string[];
  offline: boolean;
  /** also send each model a short prompt */
  ask: boolean;
  /** ms for each question without a prompt */
  patienceMs: number;
  /** ms for each answer to the short prompt; null = the provider's own limit */
  answerMs: number | null;
}
type Ports = Pick<CliPorts, "clock" | "signal">;

const CANARY = "Reply with the single word: ready";
/** enough for a model that thinks first */
const CANARY_TOKENS = 512;

async function timed<T>(
  { clock, signal }: Ports,
  order: VisitOrder,
  provider: Provider,
  work: (io: CallIo) => Promise<T>,
  prompt = false,
): Promise<Reply<T>> {
  const startedAt = clock.now();
  const late = new AbortController();
  const limit = prompt ? (order.answerMs ?? provider.timeoutMs) : order.patienceMs;
  const cancel = clock.timer(limit, () => late.abort("timeout"));
  const both = AbortSignal.any([signal, late.signal]);
  try {
    const fetch = order.engine.egress.open(provider.endpoint, order.passage, { carriesPrompt: prompt });
    return { ok: true, value: await work({ fetch, signal: both }), ms: clock.now() - startedAt };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, failure: failureOfThrown(error, both, false, provider.local), ms: clock.now() - startedAt };
  } finally {
    cancel();
  }
}

async function chat(ports: Ports, order: VisitOrder, provider: Provider, model: string): Promise<Reply<null>> {
  const facts = order.engine.facts(`${provider.name}/${model}`);
  const numCtx = facts.numCtx ?? undefined;
  const call = { model, facts, numCtx, messages: [{ role: "user" as const, content: CANARY }], max_tokens: CANARY_TOKENS };
  const reply = await timed(ports, order, provider, (io) => provider.chat({ ...call, effort: "low" }, io), true);
  if (!reply.ok) return reply;
  return reply.value.ok ? { ...reply, value: null } : { ok: false, ms: reply.ms, failure: reply.value.failure };
}

/** Under local-only a prompt goes to nobody that was not proved local. */
async function lookAt(ports: Ports, order: VisitOrder, provider: Provider, model: string, visit: Visit): Promise<void> {
  const { prove } = provider;
  if (prove) {
    const proof = await timed(ports, order, provider, (io) => prove(model, io));
    if (proof.ok) visit.proofs.set(model, proof.value);
  }
  const mayAsk = order.passage.privacy !== "local-only" || (provider.local && (!prove || visit.proofs.get(model)?.proved === true));
  if (order.ask && mayAsk) visit.answers.set(model, await chat(ports, order, provider, model));
}

export async function visitProvider(ports: Ports, provider: Provider, order: VisitOrder): Promise<Visit> {
  const { name, local, endpoint, models, about } = provider;
  const remote = order.passage.privacy === "local-only" && !local;
  const visit: Visit = {
    provider: name,
    local,
    origin: new URL(endpoint.baseUrl).origin,
    skipped: order.offline ? "offline" : remote ? "local-only" : null,
    models: null,
    about: null,
    proofs: new Map(),
    answers: new Map(),
  };
  if (visit.skipped !== null) return visit;
  if (models) visit.models = await timed(ports, order, provider, (io) => models(io));
  // who does not answer at all is not asked again for each model
  if (visit.models?.ok === false) return visit;
  if (about) visit.about = await timed(ports, order, provider, (io) => about(io));
  for (const model of order.models) await lookAt(ports, order, provider, model, visit);
  return visit;
}
