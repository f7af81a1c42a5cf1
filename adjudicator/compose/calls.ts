/** Tool calls, argument by argument. Combines nothing across members unless every tool involved is read-only. */
import { byWeight } from "../ballots.ts";
import type { Json, ToolCall, ToolSpec } from "../types.ts";
import { type Composed, finish, isSettled, isValid, preferCentral, type Spoken } from "./central.ts";
import { countFields } from "./fields.ts";
import { isObject } from "./similarity.ts";

/**
 * Members that call the same tools with more than half of the usable weight have their arguments counted, and only where every
 * tool is read-only and called once. All others are counted as whole sets: a call with effects is always one that somebody made.
 */
export function composeCalls(spoken: Spoken[], tools: ToolSpec[], total: number): Composed | null {
  const callers = leadingCallers(spoken, total);
  const byName = preferCentral(callers.map((one) => ({ ...one, value: argumentsByName(one.value) })));
  const [first] = callers;
  if (!first || callers.length < 2) return null;
  const names = callsIn(first.value).map((call) => call.name);
  const specs = names.map((name) => tools.find((tool) => tool.name === name));
  if (new Set(names).size < names.length || specs.some((spec) => spec?.readOnly !== true)) return null;
  const counted = countFields(byName);
  const { value } = counted;
  if (!isSettled(counted, byName) || !isObject(value)) return null;
  if (!specs.every((spec) => spec && isValid(spec.parameters, value[spec.name] ?? null))) return null;
  return { ...finish(counted, byName, total), value: null, toolCalls: writeCalls(Object.entries(value)) };
}

/** Those that call the same tools, if they are more than half. */
function leadingCallers(spoken: Spoken[], total: number): Spoken[] {
  const groups = new Map<string, Spoken[]>();
  for (const one of spoken) groups.set(namesOf(one.value), [...(groups.get(namesOf(one.value)) ?? []), one]);
  const weigh = (group: Spoken[]): number => group.reduce((sum, one) => sum + one.weight, 0);
  const majority = [...groups.values()].find((group) => byWeight(weigh(group), total / 2) < 0);
  return majority ?? [];
}

interface Call {
  name: string;
  arguments: Json;
}
function callsIn(value: Json): Call[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((call) =>
    isObject(call) && typeof call.name === "string" ? [{ name: call.name, arguments: call.arguments ?? null }] : [],
  );
}
const namesOf = (value: Json): string =>
  JSON.stringify(
    callsIn(value)
      .map((call) => call.name)
      .toSorted(),
  );
const argumentsByName = (value: Json): Json => Object.fromEntries(callsIn(value).map((call) => [call.name, call.arguments]));

/** Calls in OpenAI's form for a reading that has no native ones. */
export const callsOf = (value: Json): ToolCall[] => writeCalls(callsIn(value).map((call) => [call.name, call.arguments]));

function writeCalls(calls: [string, Json][]): ToolCall[] {
  return calls.map(([name, given], index) => ({
    id: `call_${index + 1}`,
    type: "function",
    function: { name, arguments: JSON.stringify(given) },
  }));
}
