/** The request that an `ask` command line stands for, in the words of the wire contract. What is left out takes the engine's defaults. */
import { UsageError } from "./exits.ts";
import type { Piped, Terminal } from "./ports.ts";

export interface AskOptions {
  strategy?: string;
  panel?: string[];
  adjudicators?: string[];
  answer?: string;
  quorum?: number;
  requireQuorum?: boolean;
  deadline?: number;
  maxCost?: number;
  localOnly?: boolean;
}

const ANSWERS = ["text", "number", "exact", "json"];
const CHOICE = "choice:";

function readAnswer(text: string): unknown {
  if (ANSWERS.includes(text)) return { type: text };
  const choices = text.startsWith(CHOICE)
    ? text
        .slice(CHOICE.length)
        .split(",")
        .map((choice) => choice.trim())
        .filter((choice) => choice !== "")
    : [];
  if (choices.length < 2) throw new UsageError(`--answer: write ${ANSWERS.join(", ")} or choice:A,B`);
  return { type: "choice", choices };
}

export function requestOf(prompt: string, options: AskOptions): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    prompt,
    strategy: options.strategy,
    panel: options.panel,
    adjudicators: options.adjudicators,
    answer: options.answer === undefined ? undefined : readAnswer(options.answer),
    quorum: options.quorum,
    require_quorum: options.requireQuorum,
    deadline_ms: options.deadline,
    max_cost_usd: options.maxCost,
    privacy: options.localOnly ? "local-only" : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The question, with what was piped in behind it. */
export async function promptOf(words: readonly string[], piped: Piped | null, terminal: Terminal): Promise<string> {
  const question = words.join(" ").trim();
  const onSlow = (): void => terminal.err("gekro: waiting for the end of standard input (for none: gekro ask … < /dev/null)\n");
  const text = piped === null ? "" : (await piped.read(onSlow)).trimEnd();
  const prompt = [question, text].filter((part) => part !== "").join("\n\n");
  if (prompt === "") throw new UsageError('nothing to ask: write gekro ask "…", or pipe the text in');
  return prompt;
}
