/** Values of options: durations, numbers and lists as people type them. A value that cannot be read is refused with what can be. */
import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `1500`, `1500ms`, `30s`, `1.5s`, `2m` → whole ms */
export function readMs(text: string): number {
  const [, digits = "", unit = "ms"] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
  if (digits === "") throw new InvalidArgumentError("Write it as 1500ms, 30s or 2m.");
  return Math.round(Number(digits) * (UNITS[unit] ?? 1));
}
export function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Write a whole number.");
  return Number(text);
}
export function readUsd(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError("Write US dollars as 0.05.");
  return Number(text);
}
/** Comma-separated; the option may also be repeated. */
export const readList = (text: string, before: string[] = []): string[] => [
  ...before,
  ...text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ""),
];
