/** THE ANSWER of a simulated model: what kind of reply a request wants, and that reply; a pure function of seed, provider and request. */
import type { Json, JsonSchema } from "../../../adjudicator/index.ts";
import { countTokens, type Answer, type AnswerCall, type Asked, type AskedTool, type ProviderName } from "../asked.ts";
import { isObject, listOf } from "../dialects/reading.ts";
import { adjudicationIn, judge, mergeText, rulingText } from "./adjudicate.ts";
import { contextOf, type AnswerContext } from "./context.ts";
import { choiceAnswer, numberAnswer } from "./countable.ts";
import { valueFor } from "./schema.ts";
import { textAnswer } from "./text.ts";
import { keywords } from "./words.ts";

export interface AnswerOptions {
  seed: number;
  /** the model writes reasoning too */
  thinks: boolean;
}

export function answerTo(asked: Asked, provider: ProviderName, { seed, thinks }: AnswerOptions): Answer {
  const context = contextOf(asked, provider, seed);
  const text = adjudicated(context);
  if (text !== null) return cut(asked, plain(text, null));
  const call = toolCall(context);
  const reasoning = thinks ? `The user asks about ${keywords(asked.question, 3).join(", ") || "something short"}. Keep it brief.` : null;
  if (call !== null) return { text: "", reasoning, calls: [call], finish: "tool-calls" };
  return cut(asked, plain(shaped(context), reasoning));
}
const plain = (text: string, reasoning: string | null): Answer => ({ text, reasoning, calls: [], finish: "stop" });

function adjudicated({ asked, seed }: AnswerContext): string | null {
  const adjudication = adjudicationIn(asked);
  if (adjudication === null) return null;
  if (adjudication.task === "name") return rulingText(judge(seed, adjudication), adjudication.schema);
  const merged = mergeText(seed, adjudication.candidates);
  if (typeof asked.shape !== "object") return merged;
  const { properties } = asked.shape.schema;
  const names = isObject(properties) ? Object.keys(properties) : ["answer"];
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, merged])));
}

/** The tool that the request forces, or whose words the question uses; null when the model would just answer. */
function toolFor({ asked }: AnswerContext): AskedTool | null {
  if (asked.tools.length === 0 || asked.toolChoice === "none" || asked.messages.at(-1)?.role === "tool") return null;
  const forced = typeof asked.toolChoice === "object" ? asked.toolChoice.name : null;
  if (forced !== null) return asked.tools.find((tool) => tool.name === forced) ?? null;
  const question = new Set(keywords(asked.question, 40).map((word) => word.toLowerCase()));
  const score = (tool: AskedTool): number => {
    const words = keywords(`${tool.name.replace(/[_.-]/g, " ")} ${tool.description}`, 40);
    return words.filter((word) => question.has(word.toLowerCase())).length;
  };
  const [best] = asked.tools.toSorted((left, right) => score(right) - score(left));
  return best && (asked.toolChoice === "required" || score(best) > 0) ? best : null;
}

function toolCall(context: AnswerContext): AnswerCall | null {
  const tool = toolFor(context);
  if (tool === null) return null;
  const schema: JsonSchema = tool.parameters ?? { type: "object", properties: {} };
  const required = new Set(listOf(schema["required"]));
  const properties = isObject(schema["properties"]) ? (schema["properties"] as { [key: string]: Json }) : {};
  const kept = Object.entries(properties).filter(([name]) => required.size === 0 || required.has(name));
  const value = valueFor(context, { ...schema, type: "object", properties: Object.fromEntries(kept) }, tool.name);
  return { name: tool.name, arguments: isObject(value) ? (value as AnswerCall["arguments"]) : {} };
}

/** The answer in the shape that was asked for: a schema's value, a JSON object, a number, an option, or text. */
function shaped(context: AnswerContext): string {
  const { shape, question } = context.asked;
  if (typeof shape === "object") return JSON.stringify(valueFor(context, shape.schema));
  const number = numberAnswer(context);
  const choice = choiceAnswer(context);
  if (shape === "object" || /\bjson\b/i.test(question.slice(0, 4000))) {
    const answer = choice?.choice ?? number ?? textAnswer(context);
    return JSON.stringify({ reasoning: `Looking at ${keywords(question, 2).join(" and ") || "the question"}.`, answer });
  }
  if (choice !== null) return spoken(context, choice.lettered ? `(${choice.choice})` : choice.choice);
  return number === null ? textAnswer(context) : spoken(context, String(number));
}
const spoken = ({ voice }: AnswerContext, value: string): string => [`The answer is ${value}.`, value, `Answer: ${value}`][voice] ?? value;

/** Stop sequences and the token limit, as a server applies them. */
function cut(asked: Asked, answer: Answer): Answer {
  const ends = asked.stop.map((sequence) => answer.text.indexOf(sequence)).filter((at) => at >= 0);
  const text = ends.length > 0 ? answer.text.slice(0, Math.min(...ends)) : answer.text;
  const limit = asked.maxTokens;
  if (limit === null || limit <= 0 || countTokens(text) <= limit) return { ...answer, text };
  let length = text.length;
  while (length > 0 && countTokens(text.slice(0, length)) > limit) length = Math.floor(length * 0.9);
  return { ...answer, text: text.slice(0, length), finish: "length" };
}
