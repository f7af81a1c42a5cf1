/**
 * Looks for personal data and keys in a text, and says what kinds it saw and how many, never the values. A brake, not a proof: finding
 * nothing proves nothing. Every pattern is bounded in length, so the whole is linear in the text.
 */
import { isCard, isCodiceFiscale, isCpf, isDni, isIban, isNir, isPersonnummer, isSsn, isSwissAhv } from "./pii-checks.ts";

export type PersonalKind = "key" | "e-mail" | "iban" | "card" | "national-id" | "phone" | "ip";
export interface PersonalFinding {
  kind: PersonalKind;
  count: number;
}

interface Detector {
  kind: PersonalKind;
  pattern: RegExp;
  /** whether the matched text is what it looks like; absent = always */
  holds?: (text: string) => boolean;
}

/** How keys of well-known services begin; what follows must be long. */
const KEY_STARTS = [
  "sk-",
  "sk_",
  "gk_live_",
  "pk_live_",
  "rk_live_",
  "gsk_",
  "tgp_",
  "tgp-",
  "xai-",
  "hf_",
  "ghp_",
  "gho_",
  "ghs_",
  "ghu_",
  "github_pat_",
  "glpat-",
  "xoxb-",
  "xoxp-",
  "xoxa-",
  "AKIA",
  "ASIA",
  "AIza",
  "ya29.",
  "npm_",
  "pypi-",
  "SG.",
  "dop_v1_",
];
/** characters that must follow */
const KEY_REST = 14;
const isJwt = (text: string): boolean => text.startsWith("eyJ") && text.length >= 40 && text.split(".").length === 3;
const isKey = (text: string): boolean =>
  isJwt(text) || KEY_STARTS.some((start) => text.startsWith(start) && text.length >= start.length + KEY_REST);
/** a word in mixed case or with digits, as no sentence has it */
const isToken = (text: string): boolean => /\d|[a-z][A-Z]/.test(text.slice(7));

const isAddress4 = (text: string): boolean =>
  text.split(".").every((part) => Number(part) <= 255) && !text.startsWith("127.") && !text.startsWith("0.") && text !== "255.255.255.255";
const isAddress6 = (text: string): boolean => {
  const groups = text.split(":");
  return (groups.length === 8 && !text.includes("::")) || (groups.length >= 4 && groups.length <= 8 && text.split("::").length === 2);
};

/** In order: what one has taken, the next no longer sees. */
const DETECTORS: readonly Detector[] = [
  { kind: "key", pattern: /-----BEGIN [A-Z ]{0,24}PRIVATE KEY-----/g },
  { kind: "key", pattern: /(?<![\w.-])[\w.-]{18,4096}/g, holds: isKey },
  { kind: "key", pattern: /\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token)["']?\s{0,3}[:=]\s{0,3}["']?[^\s"',;]{6,256}/gi },
  { kind: "key", pattern: /\b(?:Bearer|Basic)\s{1,3}[\w+/.=~-]{10,4096}/g, holds: isToken },
  { kind: "e-mail", pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![\w-])/g },
  { kind: "iban", pattern: /(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?!\w)/g, holds: isIban },
  { kind: "national-id", pattern: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g, holds: isSsn },
  { kind: "national-id", pattern: /(?<!\w)(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D](?!\w)/g },
  { kind: "national-id", pattern: /(?<!\w)[XYZ\d]-?\d{7}-?[A-HJ-NP-TV-Z](?!\w)/g, holds: isDni },
  { kind: "national-id", pattern: /(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?!\d)/g, holds: isNir },
  { kind: "national-id", pattern: /(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)/g, holds: isCpf },
  { kind: "national-id", pattern: /(?<![\d.])756\.\d{4}\.\d{4}\.\d{2}(?![\d.])/g, holds: isSwissAhv },
  { kind: "national-id", pattern: /(?<!\w)[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)/g, holds: isCodiceFiscale },
  { kind: "national-id", pattern: /(?<!\d)(?:\d{2})?\d{6}[-+]\d{4}(?!\d)/g, holds: isPersonnummer },
  { kind: "card", pattern: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])/g, holds: isCard },
  { kind: "ip", pattern: /(?<![\d.\w])\d{1,3}(?:\.\d{1,3}){3}(?![\d\w]|\.\d)/g, holds: isAddress4 },
  { kind: "ip", pattern: /(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![\w:])/g, holds: isAddress6 },
  { kind: "phone", pattern: /(?<![\w+])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\d)/g },
  { kind: "phone", pattern: /(?<![\d.-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-.]\d{4}(?![\d.-])/g },
];

/** put where a finding was, so that its neighbours do not grow together */
const TAKEN = "\uFFFC";

/** Kinds in a fixed order, each at most once. */
export function findPersonalData(text: string): PersonalFinding[] {
  const counts = new Map<PersonalKind, number>();
  let rest = text;
  for (const { kind, pattern, holds } of DETECTORS) {
    rest = rest.replace(pattern, (found) => {
      if (holds !== undefined && !holds(found)) return found;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return TAKEN;
    });
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
