/** I26: every error that leaves has the form of its door, a status that fits its slug, a slug of the closed list, and words that are ours. */
import type { Exchange, RimPlayed } from "../rim/play.ts";
import type { Tally } from "./tally.ts";

/** The closed list, as callers know it. */
const STATUS: Readonly<Record<string, number>> = {
  "malformed-json": 400,
  "duplicate-key": 400,
  "bad-idempotency-key": 400,
  unauthenticated: 401,
  "budget-exceeded": 402,
  "host-not-allowed": 403,
  "origin-not-allowed": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "not-acceptable": 406,
  "idempotency-in-progress": 409,
  "job-already-finished": 409,
  expired: 410,
  "payload-too-large": 413,
  "unsupported-media-type": 415,
  "validation-failed": 422,
  "idempotency-key-reused": 422,
  "privacy-conflict": 422,
  "context-too-long": 422,
  "rate-limited": 429,
  internal: 500,
  "no-candidates": 502,
  overloaded: 503,
  "no-members": 503,
  "quorum-lost": 503,
  "local-unavailable": 503,
  "store-unavailable": 503,
  "shutting-down": 503,
  "deadline-exceeded": 504,
};
const MEMBER = "[a-z0-9._-]+/[\\w./:-]+";
const LOSS = ` \\((${MEMBER}: [a-z-]+(, )?)+\\)`;
const METHODS = "[A-Z]+(, [A-Z]+)*";
const TYPES = "[a-z]+/[a-z+-]+(, [a-z]+/[a-z+-]+)*";
/** What a detail may say. */
const TEMPLATES: Readonly<Record<string, string[]>> = {
  "malformed-json": [
    "the body is not JSON",
    "the body is not UTF-8",
    "the body is nested more than 32 deep",
    "the body has more than 10000 keys",
  ],
  "duplicate-key": ["a key stands twice in one object"],
  "bad-idempotency-key": ["the key must be 1–255 visible ASCII characters"],
  unauthenticated: ["send one of CONSENSUS_API_KEYS as a Bearer token"],
  "budget-exceeded": ["no seat's worst case fits max_cost_usd [\\d.e-]+"],
  "host-not-allowed": ["this Host is not in CONSENSUS_ALLOWED_HOSTS"],
  "origin-not-allowed": ["a page of another origin may not call this service"],
  "not-found": [
    "no route has this path",
    "there is no (report|job) of this id",
    "there is no problem of this name",
    "model: no model of this name is served; GET /v1/models lists them",
  ],
  "method-not-allowed": [`this route takes ${METHODS}`],
  "not-acceptable": [`this route makes ${TYPES}`],
  "payload-too-large": ["at most 1048576 bytes are accepted"],
  "unsupported-media-type": ["the body must be application/json", "an encoded body is not accepted"],
  "privacy-conflict": [
    "local-only leaves no member to ask: the panel has no local member",
    "personal data \\([a-z]+(, [a-z]+)*\\) keeps this request local, and the panel has no local member",
  ],
  "context-too-long": ["the prompt fits the context window of no member"],
  "no-candidates": [`members were asked, and none gave a usable answer(${LOSS})?`],
  overloaded: ["the queues of every provider are full"],
  "no-members": [`no seat of the panel could be asked(${LOSS})?`],
  "quorum-lost": ["\\d+ of the \\d+ members needed gave a usable answer"],
  "local-unavailable": ["no local member could be reached and proved local"],
  "store-unavailable": ["the store cannot be used right now", "no store is there to keep jobs in"],
  "deadline-exceeded": ["no usable answer within \\d+ ms"],
};
/** A refused field: where, and what is accepted there. */
const ACCEPTS = [
  "Invalid input: expected \\w+, received \\w+",
  "Too (big|small): expected \\w+ to (be|have) [<>]=?-?\\d+( items| characters)?",
  'Invalid option: expected one of ("[\\w-]+"\\|?)+',
  "[a-z][\\w ,./:;\"'()>=-]{5,150}",
];
const FIELD = new RegExp(`^(the body|/[^\\s:]*|[\\w.[\\]-]+): (${ACCEPTS.join("|")})$`);
const OWN_SENTENCES = new Set([
  'exactly one of "messages" and "prompt" is needed',
  "a batch is not accepted: send one message in each request",
]);
const PATTERNS = new Map(Object.entries(TEMPLATES).map(([slug, texts]) => [slug, new RegExp(`^(${texts.join("|")})$`)]));

export function detailFits(slug: string, detail: string): boolean {
  if (slug === "validation-failed") return FIELD.test(detail) || OWN_SENTENCES.has(detail);
  return PATTERNS.get(slug)?.test(detail) === true;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const KEYS = new Set(["type", "title", "status", "detail", "instance", "request_id", "retryable", "errors", "report"]);

/** null = as it must be. */
function wrongProblem(value: unknown, path: string): string | null {
  if (!isFields(value)) return "no object";
  const { type, title, status, detail, instance, request_id: id, retryable, errors } = value;
  const slug = String(type).replace("/problems/", "");
  const extra = Object.keys(value).find((key) => !KEYS.has(key));
  if (extra !== undefined) return `a field ${extra}`;
  if (!Object.hasOwn(STATUS, slug) || type !== `/problems/${slug}`) return `the type ${String(type)}`;
  if (status !== STATUS[slug]) return `${slug} with status ${String(status)}`;
  if (typeof title !== "string" || typeof retryable !== "boolean" || typeof id !== "string") return "a field is missing";
  if (instance !== path) return `the instance ${String(instance)}`;
  if (errors !== undefined && !(errors as unknown[]).every((one) => isFields(one) && Object.keys(one).join() === "pointer,code,message"))
    return "errors of another shape";
  return detailFits(slug, String(detail)) ? null : `the detail of ${slug} is "${String(detail).slice(0, 120)}"`;
}

function wrongOpenai(value: unknown, status: number | null): string | null {
  if (!isFields(value) || !isFields(value["error"]) || Object.keys(value).length !== 1) return "not OpenAI's form";
  const { message, type, code, param } = value["error"];
  const slug = String(code);
  if (Object.keys(value["error"]).join() !== "message,type,code,param") return "not OpenAI's fields";
  const due = slug === "validation-failed" ? 400 : STATUS[slug];
  if (due === undefined || (status !== null && status !== due)) return `${slug} with status ${status}`;
  if (type !== (due < 500 ? "invalid_request_error" : "api_error")) return `the type ${String(type)}`;
  if (param !== null && typeof param !== "string") return "param";
  return detailFits(slug, String(message)) ? null : `the message of ${slug} is "${String(message).slice(0, 120)}"`;
}

function wrongRpc(value: unknown, status: number, path: string): string | null {
  if (!isFields(value) || value["jsonrpc"] !== "2.0" || !isFields(value["error"])) return "not JSON-RPC";
  const { code, message, data } = value["error"];
  if (!Number.isInteger(code) || typeof message !== "string") return "an error without code and message";
  // what the protocol's own library refuses carries no problem
  if (data === undefined || !isFields(data) || data["type"] === undefined)
    return /^[\x20-\x7e]{1,300}$/.test(message) ? null : `"${message}"`;
  return data["status"] === status ? wrongProblem(data, path) : `${String(data["status"])} under status ${status}`;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const pathOf = ({ ask }: Exchange): string => {
  const path = URL.parse(`http://127.0.0.1${ask.path}`)?.pathname ?? "";
  return path;
};

function wrongError(exchange: Exchange): string | null {
  const { status, headers, text } = exchange;
  const path = pathOf(exchange);
  const type = headers["content-type"] ?? "";
  const value = parsed(text);
  if (path === "/mcp") return wrongRpc(value, status, path);
  if (path.startsWith("/v1/")) return type.startsWith("application/json") ? wrongOpenai(value, status) : `the type ${type}`;
  if (!type.startsWith("application/problem+json")) return `the type ${type}`;
  if (isFields(value) && value["status"] !== status) return `${String(value["status"])} under status ${status}`;
  if (isFields(value) && value["request_id"] !== headers["x-request-id"]) return "another request id";
  return wrongProblem(value, path);
}

/** Data of each event of a stream, by a reader that knows nothing of ours. */
const dataOf = (text: string): { name: string; data: string }[] =>
  text.split(/\r?\n\r?\n|\r\r/).flatMap((frame) => {
    const lines = frame.split(/\r\n|\r|\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
    return data.length === 0
      ? []
      : [
          {
            name:
              lines
                .find((line) => line.startsWith("event:"))
                ?.slice(6)
                .trim() ?? "",
            data: data.join("\n"),
          },
        ];
  });

/** Errors inside of replies that began well: null = none, or as they must be. */
function wrongInside(exchange: Exchange, hold: () => void): string | null {
  const path = pathOf(exchange);
  const isStream = (exchange.headers["content-type"] ?? "").startsWith("text/event-stream");
  const parts = isStream ? dataOf(exchange.text) : [{ name: "", data: exchange.text }];
  for (const { name, data } of parts) {
    const value = parsed(data);
    if (!isFields(value)) continue;
    let wrong: string | null = null;
    if (name === "error") {
      hold();
      wrong = path === "/consensus" ? wrongProblem(value, value["instance"] === "/consensus" ? path : String(value["instance"])) : null;
    } else if (path.startsWith("/v1/") && isFields(value["error"]) && "code" in value["error"] && name === "") {
      hold();
      wrong = wrongOpenai(value, null);
    } else if (path === "/mcp" && isFields(value["result"]) && value["result"]["isError"] === true) {
      hold();
      wrong = wrongProblem(value["result"]["structuredContent"], "/mcp");
    }
    if (wrong !== null) return wrong;
  }
  return null;
}

/** A piece of every failing upstream body. */
const UPSTREAM = [
  "page of somebody else",
  "it did not work",
  "slow down ",
  "too large for your tier",
  "llama runner",
  "Sign in ",
  "who_knows",
];

export function errorShape({ exchanges }: RimPlayed, tally: Tally): void {
  for (const exchange of exchanges) {
    const { ask, status, text, note, kind } = exchange;
    const fail = (what: string): void => tally.fail("I26", null, `${ask.method} ${ask.path.slice(0, 60)} → ${status}: ${what}`);
    if (status >= 400) {
      tally.hold("I26");
      const wrong = wrongError(exchange);
      if (wrong !== null) fail(wrong);
      // the protocol's library refuses what is no message before our schema sees it
      const isTheirs = ask.path === "/mcp" && note === "validation-failed";
      if (kind === "wrong" && !isTheirs && note !== "" && !text.includes(`"${note}"`) && !text.includes(`/problems/${note}"`))
        fail(`${note} was due: ${text.slice(0, 100)}`);
    } else {
      const wrong = wrongInside(exchange, () => tally.hold("I26"));
      if (wrong !== null) fail(wrong);
    }
    const foreign = UPSTREAM.find((words) => text.includes(words));
    if (foreign !== undefined) fail(`upstream's words came out: ${foreign}`);
  }
}
