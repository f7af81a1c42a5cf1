/** Faults of the answer itself, in a faultless reply: refusals, blanks, cuts, calls that nobody asked for, odd usage; and providers that are slow or flap. */
import type { Json } from "../../../adjudicator/index.ts";
import { answerTokens, type Answer } from "../asked.ts";
import { isObject } from "../dialects/reading.ts";
import { framesOf, openStream, pause, sendAnswer, sendJson, wholeOf, write, type Turn } from "../turn.ts";
import { COMPLETIONS, type Fault } from "./fault.ts";

type Body = { [key: string]: Json };
/** Changes the whole body, or every frame of the stream that is a JSON object. */
export async function sendPatched(turn: Turn, patch: (body: Body) => Body): Promise<void> {
  if (!turn.asked.stream) return sendJson(turn, 200, patch(wholeOf(turn)));
  const { open, content, close } = framesOf(turn);
  openStream(turn);
  for (const frame of [...open, ...content, ...close]) {
    const json = frame.includes("{") ? frame.slice(frame.indexOf("{"), frame.lastIndexOf("}") + 1) : null;
    await write(turn, json === null ? frame : frame.replace(json, () => JSON.stringify(patch(JSON.parse(json) as Body))));
  }
  turn.response.end();
}
/** Changes the message of a reply, whole or in pieces, where its content is not empty. */
function withMessage(body: Body, patch: (message: Body) => Body): Body {
  if (isObject(body["message"])) return { ...body, message: patch(body["message"] as Body) };
  if (!Array.isArray(body["choices"])) return body;
  const choices = (body["choices"] as Body[]).map((choice) => {
    const name = "delta" in choice ? "delta" : "message";
    return { ...choice, [name]: patch((choice[name] ?? {}) as Body) };
  });
  return { ...body, choices };
}
const image = (message: Body): Body =>
  message["content"] ? { ...message, content: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }] } : message;

const saying = (name: string, doc: string, expects: Fault["expects"], change: Partial<Answer>): Fault => ({
  name,
  doc,
  expects,
  play: (turn) => {
    const answer: Answer = { ...turn.answer, calls: [], reasoning: null, finish: "stop", ...change };
    return sendAnswer({ ...turn, facts: { ...turn.facts, outputTokens: answerTokens(answer) } }, answer);
  },
});
const half = (turn: Turn): string => turn.answer.text.slice(0, Math.ceil(turn.answer.text.length / 2)) || "cut";

const ANSWERS: Fault[] = [
  {
    ...saying("refusal", "A content filter withheld the answer.", "refused", { text: "", finish: "refusal" }),
    only: [...COMPLETIONS, "anthropic"],
  },
  {
    name: "refusal-message",
    doc: "The refusal stands in a field of its own and the content is null.",
    expects: "refused",
    only: ["openai"],
    play: (turn) =>
      sendPatched(turn, (body) =>
        withMessage(body, (message) =>
          message["content"] ? { ...message, content: null, refusal: "I'm sorry, I can't help with that." } : message,
        ),
      ),
  },
  saying("blank", "The answer is white space and zero-width characters.", "empty", { text: " \n\t\u200b\u200d\ufeff\u2060 " }),
  saying("dots", "The answer is punctuation alone.", "empty", { text: "... !?" }),
  saying("only-reasoning", "The whole budget went into reasoning; the answer is empty.", "empty", {
    text: "",
    reasoning: "Let me think about this for a while.",
  }),
  {
    name: "truncated",
    doc: "The answer stops at the token limit: usable text with the flag `length` (a cut json or tool call: `truncated`).",
    expects: null,
    play: (turn) => sendAnswer(turn, { ...turn.answer, text: half(turn), calls: [], finish: "length" }),
  },
  saying("unasked-tool", "Calls a tool though none was offered.", "bad-response", {
    text: "",
    calls: [{ name: "delete_everything", arguments: { path: "/" } }],
    finish: "tool-calls",
  }),
  {
    name: "image-answer",
    doc: "Answers with an image where text was asked for.",
    expects: "bad-response",
    // Ollama's content is a text by type: its server cannot send this
    only: COMPLETIONS,
    play: (turn) => sendPatched(turn, (body) => withMessage(body, image)),
  },
  saying("think-tags", "The reasoning stands in the content between think tags, the opening one missing.", null, {
    text: "The user wants an answer. Keep it short.\n</think>\n\nForty-two, in short.",
  }),
  saying("odd-text", "NUL, a lone surrogate, combining marks and emoji in the answer.", null, {
    text: "One\u0000two \ud83d three e\u0301 🗼🏽 four.",
  }),
];

const FACTS: Fault[] = [
  {
    name: "usage-garbage",
    doc: "The usage is negative and astronomically large.",
    expects: null,
    play: (turn) => sendAnswer({ ...turn, facts: { ...turn.facts, promptTokens: -5, outputTokens: 1e30 } }),
  },
  {
    name: "usage-missing",
    doc: "The usage is missing.",
    expects: null,
    play: (turn) => sendAnswer({ ...turn, facts: { ...turn.facts, omitUsage: true } }),
  },
  {
    name: "wrong-model",
    doc: "Another model answered than was asked.",
    expects: null,
    play: (turn) => sendAnswer({ ...turn, facts: { ...turn.facts, model: "some-other-model-7b" } }),
  },
];

const TIMES: Fault[] = [
  {
    name: "slow",
    doc: "Everything takes five times as long: a brown-out.",
    expects: null,
    play: (turn) => sendAnswer({ ...turn, latencyMs: turn.latencyMs * 5 }),
  },
  {
    name: "laggard",
    doc: "Answers after 9 seconds: `late` when the others have decided by then.",
    expects: null,
    cost: "limit",
    play: async (turn) => {
      await pause(turn, 9000 * turn.pace);
      await turn.ordinary();
    },
  },
  {
    name: "flap",
    doc: "Fails three requests in a row (all attempts of one run) with 503, then answers one, for ever.",
    expects: "unavailable",
    play: (turn) =>
      turn.count % 4 === 0
        ? turn.ordinary()
        : sendJson(turn, 503, turn.dialect.error({ message: "Overloaded.", type: "service_unavailable", code: null }, turn.facts.key)),
  },
];

export const CONTENT_FAULTS: Fault[] = [...ANSWERS, ...FACTS, ...TIMES];
