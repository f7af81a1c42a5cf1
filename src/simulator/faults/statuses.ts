/** Faults that are an HTTP status with the provider's own error body: refusals, limits, outages, redirects. */
import type { DropoutReason } from "../../core/reasons.ts";
import type { ErrorWords } from "../dialects/dialect.ts";
import { overflowOf } from "../overflow.ts";
import { sendJson, sendText, type Turn } from "../turn.ts";
import { CLOUD, COMPLETIONS, type Fault } from "./fault.ts";

export const words = (message: string, type: string, code: string | null = null, param: string | null = null): ErrorWords => ({
  message,
  type,
  code,
  param,
});
const INVALID = "invalid_request_error";
export const say = (turn: Turn, status: number, what: ErrorWords, headers: Record<string, string | string[]> = {}): void =>
  sendJson(turn, status, turn.dialect.error(what, turn.facts.key), headers);
/** The name of a plain status fault is its number. */
const status = (code: number, expects: DropoutReason, doc: string, what: ErrorWords): Fault => ({
  name: String(code),
  doc,
  expects,
  play: (turn) => say(turn, code, what),
});

const PAGE = (title: string): string =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body><center><h1>${title}</h1></center><hr><center>cloudflare</center></body></html>`;
const EDGE: Record<number, string> = {
  520: "Web server is returning an unknown error",
  521: "Web server is down",
  522: "Connection timed out",
  523: "Origin is unreachable",
  524: "A timeout occurred",
  525: "SSL handshake failed",
  526: "Invalid SSL certificate",
};
const edge = ([code, title]: [string, string]): Fault => ({
  name: code,
  doc: `The edge answers ${code} (${title.toLowerCase()}) with its HTML page.`,
  expects: "unavailable",
  play: (turn) => sendText(turn, Number(code), "text/html; charset=UTF-8", PAGE(`${code}: ${title}`)),
});

const redirect = (code: number): Fault => ({
  name: `redirect-${code}`,
  doc: `Redirects with ${code}; nobody may follow, and the key must not travel.`,
  expects: "bad-response",
  play: (turn) => sendText(turn, code, "text/plain", "moved", { location: turn.redirectTo }),
});

export const STATUS_FAULTS: Fault[] = [
  status(
    400,
    "misconfigured",
    "Refuses a parameter with 400.",
    words("Unsupported value: 'top_p' is not supported with this model.", INVALID, "unsupported_value", "top_p"),
  ),
  {
    ...status(
      401,
      "unauthorized",
      "Refuses the key with 401.",
      words("Invalid API key provided.", "authentication_error", "invalid_api_key"),
    ),
    everywhere: true,
    play: (turn) => {
      // what Ollama tells of itself needs no key
      if (turn.dialect.name === "ollama" && turn.asked.model === "") return turn.ordinary();
      say(turn, 401, words("Invalid API key provided.", "authentication_error", "invalid_api_key"));
    },
  },
  status(
    402,
    "unauthorized",
    "Answers 402: the account is out of credit.",
    words("Credit limit exceeded. Please add credit.", "billing_error", "credit_limit"),
  ),
  status(
    403,
    "unauthorized",
    "Refuses access with 403.",
    words("You do not have access to this resource.", "permission_error", "permission_denied"),
  ),
  {
    name: "404",
    doc: "Knows no such model: 404 in the provider's words.",
    expects: "misconfigured",
    play: (turn) => {
      const name = turn.asked.model;
      const message = turn.dialect.name === "ollama" ? `model '${name}' not found` : `The model \`${name}\` does not exist.`;
      say(turn, 404, words(message, turn.dialect.name === "anthropic" ? "not_found_error" : INVALID, "model_not_found"));
    },
  },
  status(408, "unavailable", "Gives up waiting for the request with 408.", words("Request timeout.", "timeout_error")),
  status(409, "unavailable", "Reports a conflict with 409.", words("Conflict, please retry.", "conflict_error")),
  status(410, "misconfigured", "Says with 410 that the model is gone.", words("This model is no longer available.", INVALID, "model_gone")),
  {
    ...status(
      413,
      "rate-limited",
      "Groq counts the answer's budget against the tokens per minute and refuses with 413.",
      words(
        "Request too large for this model on tokens per minute (TPM): Limit 8000, Requested 9000, please reduce your message size and try again.",
        "tokens",
        "rate_limit_exceeded",
      ),
    ),
    only: ["groq"],
  },
  status(
    422,
    "misconfigured",
    "Refuses a value with 422.",
    words("Input validation error: 'temperature' must be at most 2.", INVALID, "invalid_value", "temperature"),
  ),
  status(
    498,
    "unavailable",
    "Flex capacity is exhausted: 498, which no SDK retries.",
    words("Flex tier capacity exceeded, please retry.", "capacity_error", "capacity_exceeded"),
  ),
  status(
    500,
    "unavailable",
    "Fails inside with 500.",
    words("The server had an error while processing your request.", "server_error", "internal_error"),
  ),
  status(502, "unavailable", "A gateway in front of it answers 502.", words("Bad gateway.", "server_error", "bad_gateway")),
  status(
    503,
    "unavailable",
    "Is overloaded and answers 503.",
    words("server busy, please try again.  maximum pending requests exceeded", "service_unavailable", "service_unavailable"),
  ),
  status(504, "unavailable", "A gateway in front of it gives up with 504.", words("Gateway timeout.", "server_error", "gateway_timeout")),
  status(529, "unavailable", "Is overloaded and answers 529.", words("Overloaded.", "overloaded_error", "overloaded")),
  ...Object.entries(EDGE).map(edge),
  ...[301, 302, 303, 307, 308].map(redirect),
  {
    name: "decommissioned",
    doc: "The model was retired: 400 with the code for it.",
    expects: "misconfigured",
    only: COMPLETIONS,
    play: (turn) =>
      say(turn, 400, words("This model has been decommissioned and is no longer supported.", INVALID, "model_decommissioned")),
  },
  {
    name: "context-overflow",
    doc: "The prompt is longer than the window, in the provider's own words and status.",
    expects: "context-too-long",
    play: (turn) => {
      const { status, words } = overflowOf(turn.dialect.name, turn.facts.promptTokens, Math.ceil(turn.facts.promptTokens / 2));
      say(turn, status, words);
    },
  },
  {
    name: "groq-json-validate",
    doc: "Groq failed to generate valid JSON: 400 with the failed text.",
    expects: "bad-response",
    only: ["groq"],
    play: (turn) =>
      sendJson(turn, 400, {
        error: {
          message: "Failed to generate JSON. Please adjust your prompt.",
          type: INVALID,
          code: "json_validate_failed",
          failed_generation: '{"answer": ',
        },
      }),
  },
  {
    name: "groq-tool-use",
    doc: "Groq failed to generate a valid tool call: 400 with the failed text.",
    expects: "bad-response",
    only: ["groq"],
    play: (turn) =>
      sendJson(turn, 400, {
        error: { message: "Failed to call a function.", type: INVALID, code: "tool_use_failed", failed_generation: "<function=f>{" },
      }),
  },
  {
    name: "echo-key",
    doc: "Refuses the key and repeats it in body and header.",
    expects: "unauthorized",
    only: CLOUD,
    everywhere: true,
    play: (turn) => {
      const key = String(turn.seen.headers["authorization"] ?? turn.seen.headers["x-api-key"] ?? "").replace("Bearer ", "");
      say(turn, 401, words(`Incorrect API key provided: ${key}.`, "authentication_error", "invalid_api_key"), { "x-echo": key });
    },
  },
];
