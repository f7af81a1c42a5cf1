/** The adjudicator's seat: finds the fenced candidates of a prompt, names one by its content alone (so both orders agree), or merges their sentences. */
import type { Json, JsonSchema } from "../../../adjudicator/index.ts";
import type { Asked } from "../asked.ts";
import { isObject, listOf } from "../dialects/reading.ts";
import { hash } from "../seeded.ts";
import { sentences } from "./words.ts";

interface Fenced {
  label: string;
  text: string;
}
export type Adjudication =
  | { task: "name"; candidates: Fenced[]; labels: string[]; schema: JsonSchema | null }
  | { task: "merge"; candidates: Fenced[] };

const TOKEN = /(?<![0-9a-fA-F])[0-9a-f]{32}(?![0-9a-fA-F])/;
const LABEL = /(?<![A-Za-z])([A-P])(?![A-Za-z])/;
const CLOSES = /\b(?:end|close|stop)\b|<\//i;

/** Candidates between boundary lines that carry one and the same 128-bit token; what no boundary labels is left out. */
export function fencedIn(prompt: string): Fenced[] {
  const lines = prompt.split("\n");
  const counts = new Map<string, number>();
  for (const line of lines) {
    const token = line.length <= 300 ? TOKEN.exec(line)?.[0] : undefined;
    if (token) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const token = [...counts].toSorted((left, right) => right[1] - left[1])[0];
  return token === undefined || token[1] < 2 ? [] : between(lines, token[0]);
}

function between(lines: string[], token: string): Fenced[] {
  const found = new Map<string, string>();
  let open = "";
  let body: string[] = [];
  const close = (): void => {
    if (open !== "" && !found.has(open)) found.set(open, body.join("\n").trim());
    open = "";
    body = [];
  };
  for (const line of lines) {
    if (line.length > 300 || !line.includes(token)) {
      body.push(line);
      continue;
    }
    const label = LABEL.exec(line.replaceAll(token, " "))?.[1] ?? "";
    const closes = CLOSES.test(line) || label === open;
    close();
    if (!closes) open = label;
  }
  close();
  return [...found].map(([label, text]) => ({ label, text }));
}

/** The labels that a schema allows for `winner`; null when it has no such field. */
function winnerLabels(schema: JsonSchema | null): string[] | null {
  const properties = schema && isObject(schema["properties"]) ? schema["properties"] : null;
  const winner = properties && isObject(properties["winner"]) ? properties["winner"] : null;
  return winner && listOf(winner["enum"]).filter((label) => typeof label === "string");
}

/** Whether a prompt is an adjudication, and which; null for everything else. */
export function adjudicationIn(asked: Asked): Adjudication | null {
  const schema = typeof asked.shape === "object" ? asked.shape.schema : null;
  const prompt = asked.messages.map((message) => message.content).join("\n");
  const candidates = fencedIn(prompt);
  const allowed = winnerLabels(schema);
  if (allowed !== null) return { task: "name", candidates, labels: allowed, schema };
  if (candidates.length === 0) return null;
  return /\bwinner\b/.test(prompt)
    ? { task: "name", candidates, labels: candidates.map(({ label }) => label), schema }
    : { task: "merge", candidates };
}

/** The label of the candidate that this judge likes best; equal contents are a tie where the labels know one. */
export function judge(seed: number, adjudication: Extract<Adjudication, { task: "name" }>): string {
  const { labels } = adjudication;
  const candidates = adjudication.candidates.filter(({ label }) => labels.includes(label));
  const texts = new Set(candidates.map(({ text }) => text));
  const tie = labels.find((label) => /^(?:tie|draw|equal)$/i.test(label));
  if (tie !== undefined && candidates.length > 1 && texts.size === 1) return tie;
  // the reply's length counts a little, its content decides: the same candidate wins wherever it stands
  const score = ({ text }: Fenced): number => Math.min(text.length, 400) / 400 + hash(seed, "judge", text) / 4_294_967_296;
  const [best] = candidates.toSorted((left, right) => score(right) - score(left) || (left.text < right.text ? -1 : 1));
  return best?.label ?? labels.find((label) => /^none$/i.test(label)) ?? labels[0] ?? "none";
}

export function rulingText(label: string, schema: JsonSchema | null): string {
  const properties = schema && isObject(schema["properties"]) ? Object.keys(schema["properties"]) : ["winner", "reason"];
  const reason = /^(?:none|tie)$/i.test(label) ? "No candidate stands out." : `Candidate ${label} answers the question most completely.`;
  const entries = properties.map((name): [string, Json] => {
    if (name === "winner") return [name, label];
    return [name, name === "confidence" ? 0.8 : reason];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** One text out of the first sentences of each candidate, none twice, ordered by content. */
export function mergeText(seed: number, candidates: Fenced[]): string {
  const ordered = candidates.toSorted((left, right) => hash(seed, left.text) - hash(seed, right.text));
  const taken = new Set<string>();
  for (const { text } of ordered) for (const sentence of sentences(text).slice(0, 2)) taken.add(sentence);
  return [...taken].join(" ");
}
