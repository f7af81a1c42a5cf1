/** What may stand in `model`: the panel, the panel under one strategy, or one member alone; and the list of them. */
import type { StrategyName } from "../../../adjudicator/index.ts";
import { MEMBER_PATTERN, STRATEGY_NAMES } from "../../consensus/schema.ts";
import { splitMember } from "../../core/member.ts";
import { Problem } from "../../core/problem.ts";
import type { AppDeps } from "../deps.ts";

const PANEL = "consensus";
const OWNER = "gekro-consensus";

/** Who is asked, by the model's name. */
export type Choice = { kind: "panel"; strategy: StrategyName | null } | { kind: "member"; member: string };

const refuse = (slug: "validation-failed" | "not-found", code: string, message: string): never => {
  throw new Problem(slug, `model: ${message}`, { errors: [{ pointer: "/model", code, message }] });
};
export const unknownModel = (): never => refuse("not-found", "unknown-model", "no model of this name is served; GET /v1/models lists them");

/** A member need not be of the operator's lists, but its provider must be known. */
export function readModel(model: unknown, deps: AppDeps): Choice {
  if (typeof model !== "string" || model === "") return refuse("validation-failed", "invalid-type", "a model's name is needed");
  if (model === PANEL) return { kind: "panel", strategy: null };
  const strategy = STRATEGY_NAMES.find((name) => model === `${PANEL}:${name}`);
  if (strategy !== undefined) return { kind: "panel", strategy };
  if (!MEMBER_PATTERN.test(model) || deps.provider(splitMember(model).provider) === null) return unknownModel();
  return { kind: "member", member: model };
}

export interface Model {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
}
/** When a model was made is not known to us. */
const entry = (id: string, owned_by: string): Model => ({ id, object: "model", created: 0, owned_by });

export function listModels(deps: AppDeps): Model[] {
  const panels = [PANEL, ...STRATEGY_NAMES.map((name) => `${PANEL}:${name}`)].map((id) => entry(id, OWNER));
  const members = deps.members().map(({ member }) => entry(member, splitMember(member).provider));
  return [...panels, ...members.filter(({ owned_by }) => deps.provider(owned_by)?.configured === true)];
}
