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
const CLOSES = /\b(?:ends?|closes?|stops?)\b|<\//i;
/** Boundary lines are short. */
const LONGEST = 300;

interface Read {
  candidates: Fenced[];
  /** what stands outside of all fences: the adjudicator's own instructions */
  outside: string;
}
/** Candidates between boundary lines that carry one and the same 128-bit token; what no boundary labels is nobody's. */
export function readFences(prompt: string): Read {
  const lines = prompt.split("\n");
  const counts = new Map<string, number>();
  for (const line of lines) {
    const token = line.length <= LONGEST ? TOKEN.exec(line)?.[0] : undefined;
    if (token) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const [token, count] = [...counts].toSorted((left, right) => right[1] - left[1])[0] ?? ["", 0];
  return count < 2 ? { candidates: [], outside: prompt } : between(lines, token);
}

function between(lines: string[], token: string): Read {
  const found = new Map<string, string>();
  const outside: string[] = [];
  let open: string | null = null;
  let body: string[] = [];
  for (const line of lines) {
    if (line.length > LONGEST || !line.includes(token)) {
      (open === null ? outside : body).push(line);
      continue;
    }
    const label: string = LABEL.exec(line.replaceAll(token, " "))?.[1] ?? "";
    const closes: boolean = CLOSES.test(line) || label === open;
    if (open && !found.has(open)) found.set(open, unmarked(body, token));
    body = [];
    open = closes ? null : label;
  }
  return { candidates: [...found].map(([label, text]) => ({ label, text })), outside: outside.join("\n") };
}

/** Every line of a candidate may begin with a mark made of the token's first digits; lines without it are then not its own. */
function unmarked(lines: string[], token: string): string {
  const mark = `${token.slice(0, 4)}| `;
  const own = lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
  return (own.length > 0 ? own : lines).join("\n").trim();
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
  const { candidates, outside } = readFences(prompt);
  const allowed = winnerLabels(schema);
  if (allowed !== null) return { task: "name", candidates, labels: allowed, schema };
  if (candidates.length === 0) return null;
  const names = /"winner"/.test(outside);
  return names ? { task: "name", candidates, labels: candidates.map(({ label }) => label), schema } : { task: "merge", candidates };
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

/** Signs that begin an item of a list, which mean nothing in running text. */
const BULLET = /^ {0,8}(?:[-*•]|\d{1,3}[.)]) {1,4}/gm;

/** One text out of the first sentences of each candidate, none twice, ordered by content. */
export function mergeText(seed: number, candidates: Fenced[]): string {
  const ordered = candidates.toSorted((left, right) => hash(seed, left.text) - hash(seed, right.text));
  const taken = new Set<string>();
  for (const { text } of ordered) for (const sentence of sentences(text.replace(BULLET, "")).slice(0, 2)) taken.add(sentence);
  return [...taken].join(" ");
}
