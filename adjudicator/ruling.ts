/** Untrusted judge text → a ruling, or why it is unusable: the last explicit decision counts, never a guess, never the nearest match. Never throws; linear time. */
import { bareDecisions } from "./bare-labels.ts";
import { type Noun, type ProseDecision, proseDecisions } from "./prose-decisions.ts";
import type { Ruling } from "./types.ts";
import { type FoundObject, objectsWith, valuesOf } from "./winner-objects.ts";

/** What the judge of a recorded text was asked for. */
export type VerdictFormat = "bracket-abc" | "bracket-5way" | "output-ab" | "json-winner" | "json-score" | "bracket-rating" | "plain-rating";
export type ReadVerdict = "first" | "second" | "tie" | number | null;

/** Characters of a reply that are read, counted from its end; a reply is some sentences. */
const MOST_CHARS = 32_000;
/** A decision and what it said; null = explicit, but for nobody. `contradicted`: two different ones stand side by side. */
type Found = { status: "found"; said: string | null; reason: string | null } | { status: "contradicted" } | { status: "nothing" };

/** Drops what a model thought aloud: `<think>…</think>`, also unopened (cut by a template) or never closed. */
export function withoutThinking(text: string): string {
  const lower = text.toLowerCase();
  const closed = lower.lastIndexOf("</think>");
  const rest = closed < 0 ? text : text.slice(closed + "</think>".length);
  const open = rest.toLowerCase().indexOf("<think>");
  return open < 0 ? rest : rest.slice(0, open);
}
const prepared = (text: string): string => withoutThinking(text.slice(-MOST_CHARS));

/** Words between two decisions; without any they stand side by side. */
const CONNECTORS = /^(?:json|and|or|then|also|but)$/i;
const wordsBetween = (text: string, from: number, to: number): boolean =>
  (text.slice(from, to).match(/[\p{L}\p{N}]+/gu) ?? []).some((word) => !CONNECTORS.test(word));

/** What the last object says under `key`. Two that differ count only where the later one ends the text and words lead up to it. */
function lastObject(text: string, key: string): Found {
  const objects = objectsWith(text, key);
  const last = objects.at(-1);
  if (!last) return { status: "nothing" };
  const values = valuesOf(last, [key]);
  const said = values[0] ?? null;
  if (values.some((value) => value !== said)) return { status: "contradicted" };
  const other = objects.findLast((object) => valuesOf(object, [key])[0] !== values[0]);
  if (other) {
    const revised = wordsBetween(text, other.end, last.start) && !/[\p{L}\p{N}]/u.test(text.slice(last.end));
    if (!revised) return { status: "contradicted" };
  }
  return { status: "found", said, reason: reasonOf(last) };
}

const reasonOf = (object: FoundObject): string | null =>
  valuesOf(object, ["reason", "reasoning", "rationale", "explanation"]).find((value) => value !== null) ?? null;

interface Bracket {
  at: number;
  end: number;
  content: string;
  quoted: boolean;
}

/** `[[X]]`, inner blanks allowed. A quoted one may be a candidate's forgery: it counts only where no other stands. */
function brackets(text: string, content: RegExp): Bracket[] {
  const found = [...text.matchAll(/\[\[([^[\]]{1,16})\]\]/g)].flatMap(({ 0: whole, 1: inner = "", index }): Bracket[] => {
    const value = inner.replace(/[\s*\\]/g, "").toUpperCase();
    const end = index + whole.length;
    const quoted = /["'`“‘]/.test(text.charAt(index - 1)) && /["'`”’]/.test(text.charAt(end));
    return content.test(value) ? [{ at: index, end, content: value, quoted }] : [];
  });
  const plain = found.filter(({ quoted }) => !quoted);
  return plain.length > 0 ? plain : found;
}

function lastBracket(text: string, content: RegExp): { found: Found; at: number } {
  const all = brackets(text, content);
  const last = all.at(-1);
  if (!last) return { found: { status: "nothing" }, at: -1 };
  const other = all.at(-2);
  if (other && other.content !== last.content && !wordsBetween(text, other.end, last.at))
    return { found: { status: "contradicted" }, at: last.at };
  return { found: { status: "found", said: last.content, reason: null }, at: last.at };
}

const lastProse = (text: string, nouns: Noun[]): { found: Found; at: number } => lastOf(proseDecisions(text, nouns));

/** Of our own judges also "Winner: B", for they were told their labels; a decision with a noun comes first where both stand in one place. */
function lastOwnProse(text: string): { found: Found; at: number } {
  const named = proseDecisions(text, OWN_NOUNS);
  return lastOf([...bareDecisions(text, named), ...named].sort((a, b) => a.at - b.at));
}

function lastOf(decisions: ProseDecision[]): { found: Found; at: number } {
  const last = decisions.at(-1);
  return last ? { found: { status: "found", said: last.label, reason: null }, at: last.at } : { found: { status: "nothing" }, at: -1 };
}

/** What our judges call what they were shown; "Option A" is more likely one of the question's. */
const OWN_NOUNS: Noun[] = ["candidate", "answer", "response", "output", "assistant", "label"];

/** `A`, `Candidate A`, `Output (a)`, `[[A]]`: exactly one ASCII letter and at most a noun before it; null for anything else. */
export function labelIn(value: string): string | null {
  if (value.length > 40) return null;
  const bare = value.replace(/[\s"'*`()[\].]/g, " ").trim();
  const match = /^(?:(?:output|assistant|response|candidate|answer|option|model|choice|label) {1,4})?([A-Za-z])$/i.exec(bare);
  return match?.[1]?.toUpperCase() ?? null;
}

const unusable = (why: string): Ruling => ({ status: "unusable", why });

function ruled(found: Found, labels: string[], allowNone: boolean): Ruling {
  if (found.status === "contradicted") return unusable("two decisions contradict each other");
  if (found.status === "nothing" || found.said === null) return unusable("no explicit decision");
  if (/^["'\s]*none[."'\s]*$/i.test(found.said))
    return allowNone ? { status: "none", reason: found.reason } : unusable("none was not on offer");
  const label = labelIn(found.said);
  if (label === null) return unusable("names no label");
  return labels.includes(label) ? { status: "winner", label, reason: found.reason } : unusable("names an unknown label");
}

/** Reads a reply that was asked for as JSON with a `winner`; forms that models fall back to are read too. */
export function readRuling(text: string, labels: string[], allowNone = false): Ruling {
  const said = prepared(text);
  const object = lastObject(said, "winner");
  if (object.status !== "nothing") return ruled(object, labels, allowNone);
  if (labelIn(said.trim()) !== null || /^\s*none\s*$/i.test(said.slice(0, 20)))
    return ruled({ status: "found", said: said.trim(), reason: null }, labels, allowNone);
  return ruled(laterOf(lastBracket(said, /^[A-Z]$/), lastOwnProse(said), said), labels, allowNone);
}

/** A bracket counts before prose, unless prose after it names somebody else: then neither does. */
function laterOf(bracket: { found: Found; at: number }, prose: { found: Found; at: number }, text: string): Found {
  const reason = text.trim();
  if (bracket.found.status === "nothing") return prose.found.status === "found" ? { ...prose.found, reason } : prose.found;
  if (bracket.found.status === "contradicted") return bracket.found;
  const overruled =
    prose.found.status === "found" && prose.at > bracket.at && prose.found.said !== null && prose.found.said !== bracket.found.said;
  return overruled ? { status: "contradicted" } : { ...bracket.found, reason };
}

const FIVE_WAYS: Record<string, string> = { "A>>B": "A", "A>B": "A", "A=B": "C", "B=A": "C", "B>A": "B", "B>>A": "B" };
const placeOf = (label: string | null): ReadVerdict => (label === "A" ? "first" : label === "B" ? "second" : null);
const saidBy = (found: Found): string | null => (found.status === "found" ? found.said : null);

function readBrackets(text: string, content: RegExp, translate: (content: string) => string): ReadVerdict {
  const bracket = lastBracket(text, content);
  const found = bracket.found.status === "found" ? { ...bracket.found, said: translate(bracket.found.said ?? "") } : bracket.found;
  const prose = lastProse(text, ["assistant", "response"]);
  const tied = found.status === "found" && found.said === "C";
  if (tied && !(prose.at > bracket.at && saidBy(prose.found) !== null)) return "tie";
  return found.status === "found" ? placeOf(saidBy(laterOf({ found, at: bracket.at }, prose, text))) : null;
}

function readWinner(text: string): ReadVerdict {
  const said = saidBy(lastObject(text, "winner"));
  if (said === null) return null;
  return /^(?:tie|both|draw|equal)$/i.test(said.trim()) ? "tie" : placeOf(labelIn(said));
}

const numberIn = (value: string | null): number | null =>
  value !== null && /^-?\d{1,3}(?:\.\d{1,4})?$/.test(value.trim()) ? Number(value) : null;

function readPlainRating(text: string): number | null {
  const bare = numberIn(text.trim().replace(/^\*\*|\*\*$|\.$/g, ""));
  if (bare !== null) return bare;
  const named = [...text.matchAll(/(?:rating|score)["'*]{0,3}(?: is|:| of)[ "'*[(]{0,4}(\d{1,3}(?:\.\d{1,4})?)(?![\d.]*\d)/gi)].at(-1)?.[1];
  return numberIn(named ?? null);
}

function readBracketRating(text: string): number | null {
  const { found } = lastBracket(text, /^\d{1,3}(?:\.\d{1,4})?$/);
  return found.status === "nothing" ? readPlainRating(text) : numberIn(saidBy(found));
}

/** Reads recorded judge texts of other people's formats, with the very code that reads our own adjudicators. */
export function readVerdictText(text: string, format: VerdictFormat): ReadVerdict {
  const said = prepared(text);
  switch (format) {
    case "bracket-abc":
      return readBrackets(said, /^[ABC]$/, (content) => content);
    case "bracket-5way":
      return readBrackets(said, /^(?:A>{1,2}B|B>{1,2}A|A=B|B=A)$/, (content) => FIVE_WAYS[content] ?? "");
    case "output-ab":
      return placeOf(saidBy(lastProse(said, ["output"]).found));
    case "json-winner":
      return readWinner(said);
    case "json-score":
      return numberIn(saidBy(lastObject(said, "score")));
    case "bracket-rating":
      return readBracketRating(said);
    case "plain-rating":
      return readPlainRating(said);
    default:
      return format satisfies never;
  }
}
