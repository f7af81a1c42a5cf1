/** Brings the arrays of several voices into slots of elements that belong together: by a common key, else by best match. Decides no value. */
import { canonicalJson } from "../json/canonical.ts";
import type { Json } from "../types.ts";
import { isObject, similarity } from "./similarity.ts";

/** Names under which records usually carry their identity; tried before any other key. */
const IDENTITY = ["id", "key", "name", "uuid", "slug", "path"];
/** Records less alike than this are not taken for one. */
const ALIKE = 0.5;

/** One slot = one element as each voice gave it; a voice without it is missing. */
export type Slot = Map<number, Json>;

/** `arrays` by voice, the preferred voice first: its order leads, elements that it lacks follow. */
export function alignArrays(arrays: [number, Json[]][]): Slot[] {
  const identity = commonKey(arrays.map(([, elements]) => elements));
  const slots: Slot[] = [];
  for (const [voice, elements] of arrays) {
    if (identity === null) matchBest(slots, voice, elements);
    else matchByKey(slots, voice, elements, identity);
  }
  return slots;
}

/** A key that every element of every array has, with scalar values unique within each array. */
function commonKey(arrays: Json[][]): string | null {
  const first = arrays.flat()[0];
  if (!isObject(first)) return null;
  const names = Object.keys(first).toSorted((a, b) => rankName(a) - rankName(b));
  return names.find((name) => arrays.every((elements) => identifies(elements, name))) ?? null;
}

const rankName = (name: string): number => (IDENTITY.includes(name) ? IDENTITY.indexOf(name) : IDENTITY.length);

function identifies(elements: Json[], name: string): boolean {
  const seen = new Set<string>();
  for (const element of elements) {
    const value = isObject(element) && Object.hasOwn(element, name) ? element[name] : undefined;
    if (value === undefined || value === null || typeof value === "object" || seen.has(canonicalJson(value))) return false;
    seen.add(canonicalJson(value));
  }
  return true;
}

function matchByKey(slots: Slot[], voice: number, elements: Json[], name: string): void {
  const spell = (element: Json): string => canonicalJson(isObject(element) ? (element[name] ?? null) : null);
  const known = new Map(slots.map((slot) => [spell([...slot.values()][0] ?? null), slot]));
  for (const element of elements) {
    const slot = known.get(spell(element));
    if (slot) slot.set(voice, element);
    else slots.push(new Map([[voice, element]]));
  }
}

/** Equal elements first (at the same place before elsewhere), then the most alike, then scalars at the same place. */
function matchBest(slots: Slot[], voice: number, elements: Json[]): void {
  const spelled = slots.map((slot) => new Set([...slot.values()].map(canonicalJson)));
  const open = new Set(elements.keys());
  const take = (index: number, slot: Slot): void => {
    slot.set(voice, elements[index] ?? null);
    open.delete(index);
  };
  const isEqual = (index: number, place: number): boolean =>
    spelled[place]?.has(canonicalJson(elements[index] ?? null)) === true && slots[place]?.has(voice) === false;
  for (const index of elements.keys()) if (isEqual(index, index)) take(index, slots[index] as Slot);
  for (const index of open) {
    const place = spelled.findIndex((_, candidate) => isEqual(index, candidate));
    if (place >= 0) take(index, slots[place] as Slot);
  }
  for (const index of open) {
    const slot = mostAlike(slots, voice, elements[index] ?? null, index);
    if (slot) take(index, slot);
  }
  for (const index of open) slots.push(new Map([[voice, elements[index] ?? null]]));
}

function mostAlike(slots: Slot[], voice: number, element: Json, index: number): Slot | null {
  let best: Slot | null = null;
  let score = ALIKE;
  for (const [place, slot] of slots.entries()) {
    if (slot.has(voice)) continue;
    const others = [...slot.values()];
    const samePlace = place === index && !isObject(element) && others.every((other) => typeof other === typeof element);
    const alike = samePlace ? ALIKE + 0.01 : Math.max(...others.map((other) => similarity(element, other)));
    if (alike > score || (alike === score && best === null && isObject(element))) [best, score] = [slot, alike];
  }
  return best;
}
