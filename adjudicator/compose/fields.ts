/** Counts JSON values field by field: every leaf of what comes out was given by some voice at that place. Knows no schema and no member. */
import { canonicalJson } from "../json/canonical.ts";
import { byWeight, WEIGHT_EPSILON } from "../ballots.ts";
import type { Json } from "../types.ts";
import { alignArrays } from "./align.ts";
import { isObject, type JsonObject } from "./similarity.ts";

/** The voices in order of preference: the first is followed where a field is tied. */
export interface Voice {
  weight: number;
  value: Json;
}
export interface Counted {
  value: Json;
  /** weight behind each leaf, by its JSON pointer in the composed value */
  support: Record<string, number>;
  /** some field was tied, so that the preferred voice decided it */
  tied: boolean;
}

export function countFields(voices: Voice[]): Counted {
  const counted: Counted = { value: null, support: {}, tied: false };
  const given = new Map(voices.map((voice, index) => [index, voice.value]));
  counted.value = settle(given, { voices, counted, pointer: "" });
  return counted;
}

interface Place {
  voices: Voice[];
  counted: Counted;
  pointer: string;
}

const weightOf = (indices: Iterable<number>, { voices }: Place): number =>
  [...indices].reduce((sum, index) => sum + (voices[index]?.weight ?? 0), 0);
const escape = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** Counts the shape first (object, array or one scalar), then what is inside among those that gave this shape. */
function settle(given: Map<number, Json>, place: Place): Json {
  const shapes = new Map<string, number[]>();
  for (const [index, value] of given) {
    const shape = Array.isArray(value) ? "[" : isObject(value) ? "{" : canonicalJson(value);
    shapes.set(shape, [...(shapes.get(shape) ?? []), index]);
  }
  const [leading, second] = [...shapes].toSorted((a, b) => byWeight(weightOf(a[1], place), weightOf(b[1], place)));
  if (!leading) return null;
  const level = second !== undefined && byWeight(weightOf(leading[1], place), weightOf(second[1], place)) === 0;
  if (level) place.counted.tied = true;
  const backers = leading[1];
  if (leading[0] === "{") return settleObject(pickFrom<JsonObject>(given, backers), place);
  if (leading[0] === "[") return settleArray(pickFrom<Json[]>(given, backers), place);
  place.counted.support[place.pointer] = weightOf(backers, place);
  return given.get(backers[0] ?? -1) ?? null;
}

const pickFrom = <T extends Json>(given: Map<number, Json>, indices: number[]): [number, T][] =>
  indices.map((index) => [index, given.get(index) as T]);

/** Whether a field or an element stands: more weight for it than against; even = as the preferred of these voices has it. */
function stands(having: number[], all: number[], place: Place): boolean {
  const balance = 2 * weightOf(having, place) - weightOf(all, place);
  if (Math.abs(balance) > WEIGHT_EPSILON) return balance > 0;
  place.counted.tied = true;
  return having.includes(all[0] ?? -1);
}

function settleObject(objects: [number, JsonObject][], place: Place): Json {
  const all = objects.map(([index]) => index);
  const names = new Set(objects.flatMap(([, object]) => Object.keys(object)));
  const entries: [string, Json][] = [];
  for (const name of names) {
    const having = objects.filter(([, object]) => Object.hasOwn(object, name));
    const indices = having.map(([index]) => index);
    if (!stands(indices, all, place)) continue;
    const given = new Map(having.map(([index, object]) => [index, object[name] ?? null]));
    entries.push([name, settle(given, { ...place, pointer: `${place.pointer}/${escape(name)}` })]);
  }
  if (entries.length === 0) place.counted.support[place.pointer] = weightOf(all, place);
  // fromEntries defines own properties, so that a key such as __proto__ stays data
  return Object.fromEntries(entries);
}

function settleArray(arrays: [number, Json[]][], place: Place): Json {
  const all = arrays.map(([index]) => index);
  const elements: Json[] = [];
  for (const slot of alignArrays(arrays)) {
    if (!stands([...slot.keys()], all, place)) continue;
    elements.push(settle(slot, { ...place, pointer: `${place.pointer}/${elements.length}` }));
  }
  if (elements.length === 0) place.counted.support[place.pointer] = weightOf(all, place);
  return elements;
}
