/** What a visit says of one member: retired, installed, proved local, its window, its price. Pure. */
import { providerOf } from "../../core/member.ts";
import type { ModelFacts } from "../../providers/provider.ts";
import { RETIRED } from "../../providers/retired.ts";
import { tokens } from "../format.ts";
import { type Check, checksOf } from "./check.ts";
import { hintFor } from "./hints.ts";
import type { Listed, Visit } from "./visit.ts";

const { ok, warn, fail, skip } = checksOf("model");

export interface MemberFacts {
  member: string;
  model: string;
  /** null = its provider is not configured, or unknown */
  visit: Visit | null;
  /** no provider by this name */
  unknown: boolean;
  facts: ModelFacts;
  privacy: "local-only" | "cloud-allowed";
  /** ISO day */
  today: string;
}

/** `llama3.2` is `llama3.2:latest`; `claude-haiku-4-5` is listed with its date. */
const lists = (listed: Listed, model: string): boolean =>
  listed.some(
    ({ id }) => id === model || id === `${model}:latest` || (id.startsWith(`${model}-`) && /^\d{8}$/.test(id.slice(model.length + 1))),
  );

function retirement({ member, today }: MemberFacts): Check[] {
  const known = RETIRED.get(member);
  if (known === undefined) return [];
  const hint = known.instead === null ? "seat another model" : `seat ${providerOf(member)}/${known.instead} instead`;
  const said = `its provider ${today >= known.off ? "switched" : "switches"} it off on ${known.off}`;
  return [today >= known.off ? fail(member, said, hint) : warn(member, said, hint)];
}

const numCtxHint = (member: string, tokensWanted: number): string =>
  `set CONSENSUS_MODELS='{"${member}":{"num_ctx":${tokensWanted}}}' (and keep it: another value reloads the model)`;
/** what most machines allocate unasked: less than 23 GiB of video memory */
const USUAL_WINDOW = 4096;

/** Asked for, allowed by the weights, allocated: three windows that should agree. */
function windowChecks({ member, model, facts, visit }: MemberFacts): Check[] {
  if (visit === null || !visit.proofs.get(model)?.proved) return [];
  const proof = visit.proofs.get(model);
  const trained = proof?.proved ? proof.contextTokens : null;
  const running = visit.about?.ok ? visit.about.value.running.find(({ id }) => lists([{ id, contextTokens: null }], model)) : undefined;
  const allocated = running?.contextTokens ?? null;
  const { numCtx } = facts;
  if (numCtx !== null && trained !== null && numCtx > trained)
    return [warn(member, `num_ctx is ${numCtx}, its weights allow ${trained}`, numCtxHint(member, trained))];
  if (numCtx !== null && allocated !== null && allocated !== numCtx)
    return [
      warn(
        member,
        `num_ctx is ${numCtx}, but it is loaded with ${allocated}: the next call reloads it`,
        "let other clients use the same num_ctx",
      ),
    ];
  if (numCtx !== null) return [];
  const counted = facts.contextTokens ?? trained;
  if (allocated !== null && counted !== null && allocated < counted)
    return [warn(member, `is loaded with ${allocated} tokens, while ${tokens(counted)} are counted on`, numCtxHint(member, allocated))];
  if (allocated !== null) return [];
  return [warn(member, "its num_ctx is not fixed: the server chooses, 4096 on most machines", numCtxHint(member, USUAL_WINDOW * 2))];
}

function proofChecks({ member, model, visit, privacy }: MemberFacts): Check[] {
  const proof = visit?.proofs.get(model);
  if (!visit?.local || proof === undefined || proof.proved) return [];
  if (proof.reason !== "privacy-excluded") return [fail(member, proof.detail, `ollama pull ${model}`)];
  const hint = "seat a model that runs here, and set OLLAMA_NO_CLOUD=1 for the server";
  const said = `is not local: ${proof.detail}`;
  return [privacy === "local-only" ? fail(member, said, hint) : warn(member, said, hint)];
}

function priceCheck({ member, facts }: MemberFacts): Check[] {
  if (facts.inputUsdPerMtok !== null && facts.outputUsdPerMtok !== null) return [];
  const hint = `set input_usd_per_mtok and output_usd_per_mtok of ${member} in CONSENSUS_MODELS`;
  return [warn(member, "its price is unknown: runs with max_cost_usd leave it out", hint)];
}

function answerChecks({ member, model, visit }: MemberFacts): Check[] {
  const answer = visit?.answers.get(model);
  if (visit === null || answer === undefined) return [];
  if (answer.ok) return [ok(member, "answers", answer.ms)];
  const { reason, detail } = answer.failure;
  const wire = `gekro probe ${member} "hi" shows the wire`;
  const hint = reason === "unauthorized" ? `${hintFor(answer.failure, visit)}; ${wire}` : wire;
  return [fail(member, `does not answer: ${reason}, ${detail}`, hint)];
}

function described({ model, facts, visit }: MemberFacts, listed: boolean): string {
  const free = facts.inputUsdPerMtok === 0 && facts.outputUsdPerMtok === 0;
  const price = free
    ? ", free"
    : facts.inputUsdPerMtok === null
      ? ""
      : `, $${facts.inputUsdPerMtok} in and $${facts.outputUsdPerMtok} out per million`;
  const proof = visit?.proofs.get(model);
  const shown = proof?.proved ? proof.contextTokens : null;
  const served = visit?.models?.ok ? visit.models.value.find(({ id }) => lists([{ id, contextTokens: null }], model))?.contextTokens : null;
  const window = facts.numCtx ?? facts.contextTokens ?? shown ?? served ?? null;
  const place = proof?.proved && visit?.local ? "proved local, " : "";
  return `${listed ? (visit?.local ? "installed, " : "listed, ") : ""}${place}window ${window === null ? "unknown" : tokens(window)}${price}`;
}

export function memberChecks(one: MemberFacts): Check[] {
  const { member, model, visit } = one;
  if (one.unknown) return [fail(member, "no provider has this name", "correct it, or define the service in CONSENSUS_PROVIDERS")];
  if (visit === null) return [skip(member, "its provider has no key"), ...retirement(one)];
  const more = [...retirement(one), ...proofChecks(one), ...windowChecks(one), ...priceCheck(one), ...answerChecks(one)];
  if (visit.skipped !== null) return [skip(member, `${described(one, false)}; not asked`), ...retirement(one), ...priceCheck(one)];
  if (visit.models?.ok === false) return [skip(member, "its provider does not answer"), ...retirement(one)];
  const listed = visit.models?.ok === true && lists(visit.models.value, model);
  if (visit.models?.ok === true && !listed && !visit.local)
    return [warn(member, "is not in its provider's list", `gekro models shows what there is`), ...more];
  if (visit.models?.ok === true && !listed && !visit.proofs.get(model)?.proved)
    return [fail(member, "is not installed", `ollama pull ${model}`), ...retirement(one)];
  return more.some(({ mark }) => mark === "fail") ? more : [ok(member, described(one, listed)), ...more];
}
