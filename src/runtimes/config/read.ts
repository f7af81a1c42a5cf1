/** How single values of the environment are read: each reader gives a value or says what is accepted. Knows no variable by name. */
import { z } from "zod";
import { parseStrict } from "../../providers/strict-json.ts";

/** Thrown by a reader; the table adds the variable's name. */
export class Refused extends Error {}
export const refuse = (accepts: string): never => {
  throw new Refused(accepts);
};

/** Says in which part of a value the reader inside refused. */
export function inPart<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refused ? new Refused(`for ${part} ${error.message}`) : error;
  }
}

export function readWhole(text: string, least: number, most: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : refuse(`a whole number from ${least} to ${most}`);
}

export function readBoolean(text: string): boolean {
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : refuse("true or false");
}

export function readWord<T extends string>(text: string, words: readonly T[]): T {
  return words.find((word) => word === text) ?? refuse(words.join(", "));
}

/** Comma-separated, outer spaces off, empty entries left out; at least one must remain. */
export function readList(text: string, accepts: string): string[] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.length > 0 ? entries : refuse(accepts);
}

/** A provider's name: what stands before the first slash of a member. */
export const isProviderName = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text);

/** `provider/model`, split at the first slash, both parts there, no space or control character. */
export const isMember = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}\/[\x21-\x7e]{1,200}$/.test(text);

export function readMembers(text: string): string[] {
  const accepts = "comma-separated provider/model names, 1 to 16";
  const members = readList(text, accepts);
  return members.length <= 16 && members.every(isMember) ? members : refuse(accepts);
}

/** JSON checked by a strict schema; the refusal names the place and what is wrong there, never the value. */
export function readJson<T>(text: string, schema: z.ZodType<T>, accepts: string): T {
  const value = parseStrict(text);
  if (value === undefined) return refuse(`${accepts} (this is not well-formed JSON, or a key stands twice)`);
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? `unknown field ${issue.keys.join(", ")}` : (issue?.message ?? "");
  return refuse(`${accepts} (/${issue?.path.join("/") ?? ""}: ${unknown})`);
}
