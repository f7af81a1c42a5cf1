/** The adjudicator's prompt: question and candidates as fenced, datamarked data, and the way back from such a prompt. Never lets a byte of theirs start a line. */
import type { Prompt } from "../prompts/index.ts";
import { labelsFor } from "./labels.ts";
import { hideShown, showHidden } from "./visible.ts";

/** A text as it is shown: whole (`tail` null), or head and tail with `omitted` characters (UTF-16 units) between them left out. */
export interface Excerpt {
  head: string;
  tail: string | null;
  omitted: number;
}
export const whole = (text: string): Excerpt => ({ head: text, tail: null, omitted: 0 });

export interface FramedPrompt {
  system: string;
  prompt: string;
  labels: string[];
  token: string;
}

const FENCE = /^--- (question|candidate ([A-Z])) (begins|ends) ([0-9a-f]{32}) ---$/;
const OMITTED = /^\[(\d+) characters left out\]$/;
const fence = (what: string, edge: "begins" | "ends", token: string): string => `--- ${what} ${edge} ${token} ---`;
/** Four digits of the token: enough to mark a line as theirs, cheap enough to stand before each. */
const markOf = (token: string): string => `${token.slice(0, 4)}| `;

const marked = (text: string, mark: string): string => mark + showHidden(text).replaceAll("\n", () => `\n${mark}`);

/** One fenced block. Only lines without the mark are ours, so no text can forge a fence or an omission. */
function block(what: string, excerpt: Excerpt, token: string): string {
  const mark = markOf(token);
  const lines = [fence(what, "begins", token), marked(excerpt.head, mark)];
  if (excerpt.tail !== null) lines.push(`[${excerpt.omitted} characters left out]`, marked(excerpt.tail, mark));
  lines.push(fence(what, "ends", token));
  return lines.join("\n");
}

/** A token that occurs in none of the texts. A source that keeps drawing one that does (a broken one) is counted up from, so this ends. */
export function freshToken(texts: string[], draw: () => string): string {
  const all = texts.join("\n").toLowerCase();
  let token = draw();
  for (let tries = 0; all.includes(token); tries += 1)
    token = tries < 8 ? draw() : ((BigInt(`0x${token}`) + 1n) % (1n << 128n)).toString(16).padStart(32, "0");
  return token;
}

/** Replaces `{{variables}}` in one pass, so that a text which holds `{{candidates}}` stays text. An unknown one is a bug of ours. */
export function fill(template: string, variables: Record<string, string>): string {
  return template.replace(/\{\{([a-z_]{1,30})\}\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`prompt variable {{${name}}} has no value`);
    return value;
  });
}

const listed = (items: string[]): string => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

/** Builds one prompt. `extra` are choices beside the labels, such as `none`. */
export function frame(
  prompt: Prompt,
  shown: { question: Excerpt; candidates: Excerpt[] },
  draw: () => string,
  options: { extra?: string[]; noneRule?: string } = {},
): FramedPrompt {
  const texts = [shown.question, ...shown.candidates].flatMap(({ head, tail }) => [head, tail ?? ""]);
  const token = freshToken(texts, draw);
  const labels = labelsFor(shown.candidates.length);
  const user = fill(prompt.user, {
    question: block("question", shown.question, token),
    candidates: shown.candidates.map((excerpt, index) => block(`candidate ${labels[index]}`, excerpt, token)).join("\n\n"),
    labels: listed(labels),
    choices: [...labels, ...(options.extra ?? [])].map((choice) => JSON.stringify(choice)).join(", "),
    mark: markOf(token).trimEnd(),
    none_rule: options.noneRule ?? "",
  });
  return { system: prompt.system, prompt: user, labels, token };
}

export interface ReadBack {
  question: Excerpt;
  candidates: { label: string; text: Excerpt }[];
}

function excerptOf(lines: string[], mark: string): Excerpt {
  const cut = lines.findIndex((line) => OMITTED.test(line));
  const text = (part: string[]): string => hideShown(part.map((line) => line.slice(mark.length)).join("\n"));
  if (cut < 0) return whole(text(lines));
  return { head: text(lines.slice(0, cut)), tail: text(lines.slice(cut + 1)), omitted: Number(OMITTED.exec(lines[cut] ?? "")?.[1]) };
}

/** The way back: exactly what was framed, or null when the text is no such prompt. */
export function readBack(prompt: string): ReadBack | null {
  let token: string | null = null;
  let open: { what: string; lines: string[] } | null = null;
  const blocks: { what: string; text: Excerpt }[] = [];
  for (const line of prompt.split("\n")) {
    const [, what, , edge, found] = FENCE.exec(line) ?? [];
    if (what && found && (token === null || found === token)) {
      token = found;
      if (edge === "begins" && open === null) open = { what, lines: [] };
      else if (edge === "ends" && open?.what === what) {
        blocks.push({ what, text: excerptOf(open.lines, markOf(token)) });
        open = null;
      } else return null;
    } else if (open !== null) {
      if (!line.startsWith(markOf(token ?? "")) && !OMITTED.test(line)) return null;
      open.lines.push(line);
    }
  }
  const [question, ...candidates] = blocks;
  if (open !== null || question?.what !== "question") return null;
  return { question: question.text, candidates: candidates.map(({ what, text }) => ({ label: what.slice(-1), text })) };
}
