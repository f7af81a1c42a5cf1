/** What json and tool calls have in common when they are composed: who leads in a tie, whether a count is settled, who stands behind it. */
import { Validator } from "@cfworker/json-schema";
import { byWeight } from "../ballots.ts";
import { canonicalJson } from "../json/canonical.ts";
import type { Candidate, Json, JsonSchema, ToolCall } from "../types.ts";
import type { Counted, Voice } from "./fields.ts";
import { similarity } from "./similarity.ts";

export interface Composed {
  /** the seat whose whole answer this is; null when no member gave it whole */
  seat: number | null;
  value: Json;
  toolCalls: ToolCall[];
  /** seats that gave more than half of its fields */
  behind: number[];
  /** mean over the fields of the weight behind a field ÷ weight of all usable candidates */
  share: number;
  /** share of weight behind each field, by JSON pointer */
  support: Record<string, number>;
}

export interface Spoken extends Voice {
  speaker: Candidate;
}

/** The voice that the others are most like comes first: ties go its way, so that fields stay together that were given together. */
export function preferCentral(spoken: Spoken[]): Spoken[] {
  const scores = new Map(
    spoken.map((one) => [one, spoken.reduce((sum, other) => sum + other.weight * similarity(one.value, other.value), 0)]),
  );
  return spoken.toSorted((a, b) => byWeight(scores.get(a) ?? 0, scores.get(b) ?? 0));
}

/** A tied field may be settled by the central voice; where two voices are equally central, nothing is settled. */
export function isSettled(counted: Counted, spoken: Spoken[]): boolean {
  if (!counted.tied) return true;
  const scoreOf = (one: Spoken | undefined): number =>
    one ? spoken.reduce((sum, other) => sum + other.weight * similarity(one.value, other.value), 0) : 0;
  const [first, second] = spoken;
  return (
    first !== undefined &&
    second !== undefined &&
    (byWeight(scoreOf(first), scoreOf(second)) !== 0 || canonicalJson(first.value) === canonicalJson(second.value))
  );
}

export function finish(counted: Counted, spoken: Spoken[], total: number): Omit<Composed, "value" | "toolCalls"> {
  const whole = spoken.find(({ value }) => canonicalJson(value) === canonicalJson(counted.value));
  const weights = Object.values(counted.support);
  return {
    seat: whole?.speaker.seat ?? null,
    behind: spoken.filter(({ value }) => similarity(value, counted.value) > 0.5).map(({ speaker }) => speaker.seat),
    share: total > 0 && weights.length > 0 ? weights.reduce((sum, weight) => sum + weight, 0) / weights.length / total : 0,
    support: Object.fromEntries(
      Object.entries(counted.support).map(([pointer, weight]) => [pointer, total > 0 ? Math.min(1, weight / total) : 0]),
    ),
  };
}

export function isValid(schema: JsonSchema | null | undefined, value: Json): boolean {
  if (!schema) return true;
  try {
    return new Validator(schema, "2020-12").validate(value).valid;
  } catch {
    return false;
  }
}
