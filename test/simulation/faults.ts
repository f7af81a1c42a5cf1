/** The catalogue of what a provider can do wrong in the simulation: how it looks on the wire, and what the fault table says may follow. */
import { CapError, NetworkError } from "../../src/egress/egress.ts";
import type { NetCall, Said, Step, Turn, TurnPlan } from "./net.ts";
import type { Chance } from "./seeded.ts";
import { contentType, type Dialect, errorBody, FINISH, write, type Wording } from "./wire.ts";

/** What the end of such a call says about the far side; `unsure`: depends on what else happened. */
export type Sign = "success" | "fault" | "trip" | "throttled" | "other" | "unsure";

export interface FaultContext {
  call: NetCall;
  dialect: Dialect;
  streaming: boolean;
  wording: Wording;
  usage: { input: number; output: number };
  /** ms to the first byte, and between pieces */
  latency: number;
  gap: number;
  rng: Chance;
  /** goes into bodies that must not matter */
  salt: string;
  wall(): number;
}
type Draft = Turn;
export interface Fault {
  id: string;
  /** row of the fault table */
  row: string;
  /** retries that the table allows at most, before any answer text was read */
  again: 0 | 1 | 2;
  sign: Sign;
  /** whether the seat ends with a usable answer; null = depends on the answer type */
  usable: boolean | null;
  only?: readonly Dialect[];
  act(ctx: FaultContext): Draft;
}

const planOf = (more: Partial<TurnPlan> = {}): TurnPlan => ({
  fault: null,
  answer: null,
  usage: null,
  retryAfterMs: null,
  relay: false,
  ...more,
});
const network = (phase: "connect" | "headers" | "body", code: string, protocol = false): NetworkError =>
  new NetworkError(phase, code, protocol);

function reply(
  ctx: FaultContext,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  plan: Partial<TurnPlan> = {},
): Draft {
  return {
    kind: "reply",
    afterMs: ctx.latency,
    status,
    headers: { "content-type": "application/json", ...headers },
    steps: body.length === 0 ? [] : [{ afterMs: 0, bytes: body }],
    plan: planOf(plan),
  };
}
const broken = (ctx: FaultContext, error: Error, connects: boolean): Draft => ({
  kind: "break",
  afterMs: Math.min(ctx.latency, 40),
  error,
  connects,
  plan: planOf(),
});
const hang = (connects: boolean): Draft => ({ kind: "hang", connects, plan: planOf() });

/** The reply as it would be, in pieces. */
export function healthy(ctx: FaultContext, over: Partial<Wording> = {}, plan: Partial<TurnPlan> = {}): Draft & { kind: "reply" } {
  const wording = { ...ctx.wording, ...over };
  const parts = write(wording);
  return {
    kind: "reply",
    afterMs: ctx.latency,
    status: 200,
    headers: { "content-type": contentType(ctx) },
    steps: parts.map(({ bytes, speaks }, index): Step => ({ afterMs: index === 0 ? 0 : ctx.gap, bytes, speaks })),
    plan: planOf({ answer: wording.said, usage: ctx.usage, ...plan }),
  };
}

/** A healthy reply that stops after some pieces: what then happens is appended. */
function cut(ctx: FaultContext, ending: Step[], hangs = false, share = 0.6): Draft {
  // whoever has read the finish reason has all of it, whatever breaks then
  const whole = healthy(ctx, { cuts: 4, finish: ctx.streaming ? null : ctx.wording.finish });
  const keep = Math.max(1, Math.floor(whole.steps.length * share));
  const steps = whole.steps.slice(0, keep);
  const only = steps[0];
  // a reply in one piece is cut inside it
  if (!ctx.streaming && whole.steps.length === 1 && only !== undefined && "bytes" in only && typeof only.bytes === "string")
    steps[0] = { afterMs: 0, bytes: only.bytes.slice(0, Math.floor(only.bytes.length / 2)) };
  return { ...whole, steps: [...steps, ...ending], hangs, plan: planOf() };
}

const status = (code: number, word: string, again: 0 | 1 | 2, sign: Sign, row: string): Fault => ({
  id: `status-${code}`,
  row,
  again,
  sign,
  usable: false,
  act: (ctx) => reply(ctx, code, errorBody(ctx.dialect, word, `it did not work ${ctx.salt}`)),
});

/** Spellings of Retry-After with what they mean in ms; null = nothing. */
const WAITS: readonly ((wall: number) => [Record<string, string>, number | null])[] = [
  () => [{ "retry-after": "-5" }, null],
  () => [{ "retry-after": "1000000000000" }, 1e15],
  () => [{ "retry-after": "soon" }, null],
  () => [{ "retry-after": "1.5" }, 1500],
  () => [{ "retry-after": "2, 7" }, null],
  () => [{ "retry-after-ms": "250" }, 250],
  () => [{ "retry-after": "2m59.5s" }, 179_500],
  (wall) => [{ date: new Date(wall).toUTCString(), "retry-after": new Date(wall - 60_000).toUTCString() }, null],
  (wall) => [{ date: new Date(wall).toUTCString(), "retry-after": new Date(wall + 3000).toUTCString() }, 3000],
  () => [{}, null],
];
const throttle = (ctx: FaultContext, [headers, ms]: [Record<string, string>, number | null]): Draft =>
  reply(ctx, 429, errorBody(ctx.dialect, "rate_limit_exceeded", `slow down ${ctx.salt}`), headers, { retryAfterMs: ms });

const nothing = (text: string): Said => ({ text, group: -1, degenerate: false, calls: [] });
const padding = (text: string): Said => ({ text, group: -1, degenerate: true, calls: [] });
const withUsage = (id: string, usage: (ctx: FaultContext) => Wording["usage"], told: boolean): Fault => ({
  id,
  row: "U33",
  again: 0,
  sign: "success",
  usable: true,
  act: (ctx) => healthy(ctx, { usage: usage(ctx) }, told ? {} : { usage: null }),
});
const bad = (id: string, row: string, again: 0 | 1, body: (ctx: FaultContext) => string, sign: Sign = "other"): Fault => ({
  id,
  row,
  again,
  sign,
  usable: false,
  act: (ctx) => reply(ctx, 200, body(ctx)),
});
const COMPLETIONS: readonly Dialect[] = ["together", "groq", "openai", "openai-compatible"];

export const FAULTS: readonly Fault[] = [
  {
    id: "refused",
    row: "U01",
    again: 0,
    sign: "fault",
    usable: false,
    act: (ctx) => broken(ctx, network("connect", "ECONNREFUSED"), false),
  },
  { id: "dns", row: "U02", again: 0, sign: "fault", usable: false, act: (ctx) => broken(ctx, network("connect", "ENOTFOUND"), false) },
  { id: "dns-silent", row: "U02", again: 0, sign: "fault", usable: false, act: () => hang(false) },
  { id: "black-hole", row: "U03", again: 0, sign: "fault", usable: false, act: () => hang(true) },
  {
    id: "tls",
    row: "U04",
    again: 0,
    sign: "fault",
    usable: false,
    act: (ctx) => broken(ctx, network("connect", "CERT_HAS_EXPIRED"), false),
  },
  { id: "reset", row: "U05", again: 1, sign: "fault", usable: false, act: (ctx) => broken(ctx, network("headers", "ECONNRESET"), true) },
  {
    id: "cut-reset",
    row: "U06",
    again: 0,
    sign: "fault",
    usable: false,
    act: (ctx) => cut(ctx, [{ afterMs: 5, fail: network("body", "ECONNRESET") }]),
  },
  { id: "silence", row: "U07", again: 0, sign: "fault", usable: false, act: (ctx) => cut(ctx, [], true, 0.3) },
  {
    id: "comments",
    row: "U07",
    again: 0,
    sign: "fault",
    usable: false,
    only: COMPLETIONS,
    act: (ctx) =>
      ({
        ...cut(ctx, [], true, 0),
        headers: { "content-type": "text/event-stream" },
        steps: Array.from({ length: 40 }, (): Step => ({ afterMs: 5000, bytes: ": still here\n\n" })),
      }) as Draft,
  },
  {
    id: "drip",
    row: "U08",
    again: 0,
    sign: "success",
    usable: null,
    act: (ctx) => {
      const whole = healthy(ctx, { cuts: 60 });
      return {
        ...whole,
        steps: whole.steps.flatMap((step, at) => ("bytes" in step && at > 0 ? [{ ...step, afterMs: 4000 }] : [step])),
      };
    },
  },
  {
    id: "endless",
    row: "U09",
    again: 0,
    sign: "other",
    usable: false,
    act: (ctx) => cut(ctx, [{ afterMs: 30, fail: new CapError("the reply is too long") }]),
  },
  {
    id: "short-body",
    row: "U10",
    again: 0,
    sign: "fault",
    usable: false,
    act: (ctx) => cut(ctx, [{ afterMs: 1, fail: network("body", "UND_ERR_SOCKET") }]),
  },
  {
    id: "two-lengths",
    row: "U10",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) => broken(ctx, network("headers", "HPE_UNEXPECTED_CONTENT_LENGTH", true), true),
  },
  {
    id: "gzip-bomb",
    row: "U11",
    again: 0,
    sign: "other",
    usable: false,
    act: (ctx) => ({ ...cut(ctx, []), steps: [{ afterMs: 2, fail: new CapError("the reply is too long") }] }) as Draft,
  },
  {
    id: "huge-headers",
    row: "U12",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) => broken(ctx, network("headers", "HPE_HEADER_OVERFLOW", true), true),
  },
  {
    id: "redirect",
    row: "U13",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) =>
      reply(ctx, ctx.rng.one([301, 302, 307, 308]), "", { location: ctx.rng.one(["http://127.0.0.1:1/", "https://elsewhere.test/v1"]) }),
  },
  status(400, "invalid_request_error", 0, "other", "U14"),
  status(422, "invalid_parameter", 0, "other", "U14"),
  { ...status(400, "json_validate_failed", 1, "other", "U14"), id: "groq-json", only: ["groq"] },
  status(401, "invalid_api_key", 0, "trip", "U15"),
  status(403, "permission_denied", 0, "trip", "U15"),
  { ...status(403, "context_length_exceeded", 0, "other", "U15"), id: "together-context", only: ["together"] },
  status(404, "model_not_found", 0, "other", "U16"),
  status(410, "model_decommissioned", 0, "other", "U16"),
  status(402, "insufficient_quota", 0, "trip", "U17"),
  { ...status(429, "insufficient_quota", 0, "trip", "U17"), id: "money-429", only: COMPLETIONS },
  { id: "throttled", row: "U18", again: 1, sign: "throttled", usable: false, act: (ctx) => throttle(ctx, [{ "retry-after": "1" }, 1000]) },
  {
    id: "throttled-odd",
    row: "U19",
    again: 1,
    sign: "throttled",
    usable: false,
    act: (ctx) => throttle(ctx, ctx.rng.one(WAITS)(ctx.wall())),
  },
  {
    id: "groq-413",
    row: "U18",
    again: 1,
    sign: "throttled",
    usable: false,
    only: ["groq"],
    act: (ctx) => reply(ctx, 413, errorBody(ctx.dialect, "rate_limit_exceeded", `too large for your tier ${ctx.salt}`)),
  },
  ...[408, 409, 498, 500, 502, 503, 504, 520, 524, 529].map((code) => status(code, "server_error", 2, "fault", "U20")),
  ...[521, 522, 523, 525, 526].map((code) => status(code, "server_error", 0, "trip", "U20")),
  {
    id: "retry-after-503",
    row: "U20",
    again: 2,
    sign: "fault",
    usable: false,
    act: (ctx) => reply(ctx, 503, errorBody(ctx.dialect, "overloaded", `busy ${ctx.salt}`), { "retry-after": "2" }, { retryAfterMs: 2000 }),
  },
  {
    id: "html-200",
    row: "U21",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) => reply(ctx, 200, `<html><body>Sign in ${ctx.salt}</body></html>`, { "content-type": "text/html" }),
  },
  {
    id: "html-502",
    row: "U21",
    again: 2,
    sign: "fault",
    usable: false,
    act: (ctx) => reply(ctx, 502, `<html>${ctx.salt} Bad gateway</html>`, { "content-type": "text/html" }),
  },
  { id: "no-body", row: "U22", again: 1, sign: "other", usable: false, act: (ctx) => reply(ctx, 200, "") },
  bad("null-body", "U22", 1, () => "null"),
  bad("wrong-shape", "U22", 1, ({ salt }) => JSON.stringify({ ok: true, said: salt })),
  bad(
    "error-in-200",
    "U22",
    0,
    ({ dialect, salt }) =>
      dialect === "ollama" ? JSON.stringify({ error: `internal server error ${salt}` }) : errorBody(dialect, "server_error", salt),
    "fault",
  ),
  bad("unknown-error-in-200", "U22", 1, ({ salt }) => JSON.stringify({ error: { code: "who_knows", message: salt } })),
  {
    id: "error-event",
    row: "U23",
    again: 0,
    sign: "fault",
    usable: false,
    act: (ctx) => {
      const event =
        ctx.dialect === "ollama"
          ? `${JSON.stringify({ error: "runner process has terminated" })}\n`
          : `data: ${errorBody(ctx.dialect, "server_error", ctx.salt)}\n\n`;
      if (!ctx.streaming) return reply(ctx, 200, errorBody(ctx.dialect, "server_error", ctx.salt));
      return cut(ctx, [{ afterMs: 3, bytes: event }]);
    },
  },
  {
    id: "no-finish",
    row: "U24",
    again: 0,
    sign: "other",
    usable: false,
    act: (ctx) => ({ ...healthy(ctx, { finish: null }), plan: planOf() }),
  },
  {
    id: "length",
    row: "U25",
    again: 0,
    sign: "success",
    usable: null,
    act: (ctx) => healthy(ctx, { finish: FINISH[ctx.dialect].length }, { notes: { length: true } }),
  },
  {
    id: "filtered",
    row: "U26",
    again: 0,
    sign: "other",
    usable: false,
    act: (ctx) => ({
      ...healthy(ctx, { finish: FINISH[ctx.dialect].filter, said: nothing(`I cannot ${ctx.salt}`) }),
      plan: planOf({ usage: ctx.usage }),
    }),
  },
  {
    id: "refusal",
    row: "U26",
    again: 0,
    sign: "other",
    usable: false,
    only: COMPLETIONS,
    act: (ctx) => ({ ...healthy(ctx, { refusal: `No. ${ctx.salt}`, said: nothing("") }), plan: planOf({ usage: ctx.usage }) }),
  },
  {
    id: "blank",
    row: "U27",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) => ({
      ...healthy(ctx, { said: nothing(ctx.rng.one([" ", "\n\n", "\u200b\u200b", "\u00a0"])) }),
      plan: planOf({ usage: ctx.usage }),
    }),
  },
  {
    id: "punctuation",
    row: "U27",
    again: 1,
    sign: "unsure",
    usable: null,
    act: (ctx) => healthy(ctx, { said: nothing("...") }, { notes: { punctuation: true } }),
  },
  {
    id: "opener",
    row: "U27",
    again: 0,
    sign: "success",
    usable: null,
    act: (ctx) =>
      healthy(ctx, { said: padding(ctx.rng.one(["Thought process:", "Solution", "Let's solve this step by step.", "Final answer:"])) }),
  },
  { id: "padding", row: "U27", again: 0, sign: "success", usable: null, act: (ctx) => healthy(ctx, { said: padding("ha ".repeat(120)) }) },
  {
    id: "unasked-call",
    row: "U28",
    again: 1,
    sign: "unsure",
    usable: null,
    act: (ctx) =>
      healthy(
        ctx,
        { said: { ...nothing(""), calls: [{ name: "format_disk", arguments: "{}" }] }, finish: FINISH[ctx.dialect].calls },
        { notes: { unasked: true } },
      ),
  },
  {
    id: "image",
    row: "U28",
    again: 1,
    sign: "other",
    usable: false,
    only: COMPLETIONS,
    act: (ctx) =>
      reply(
        ctx,
        200,
        JSON.stringify({
          object: "chat.completion",
          choices: [{ message: { content: "", images: [{ url: ctx.salt }] }, finish_reason: "stop" }],
        }),
      ),
  },
  bad("broken-json", "U29", 1, ({ salt }) => `{"choices":[{"message":{"content":"${salt}"`),
  bad("nan-json", "U29", 1, () => '{"object":"chat.completion","choices":NaN}'),
  {
    id: "utf-16",
    row: "U29",
    again: 1,
    sign: "other",
    usable: false,
    act: (ctx) => reply(ctx, 200, Uint8Array.from(Buffer.from(`{"a":"${ctx.salt}"}`, "utf16le"))),
  },
  bad("deep-json", "U30", 1, () => `{"choices":${"[".repeat(2000)}${"]".repeat(2000)}}`),
  bad("proto-json", "U30", 1, ({ salt }) => `{"__proto__":{"choices":[{"message":{"content":"${salt}"},"finish_reason":"stop"}]}}`),
  {
    id: "split-bytes",
    row: "U31",
    again: 0,
    sign: "success",
    usable: true,
    act: (ctx) => {
      const whole = healthy(ctx);
      const bytes = Buffer.concat(whole.steps.map((step) => ("bytes" in step ? Buffer.from(step.bytes as string) : Buffer.alloc(0))));
      const speaks = whole.steps.some((step) => "speaks" in step && step.speaks === true);
      const size = ctx.rng.between(1, 7) + Math.ceil(bytes.length / 40);
      const steps: Step[] = [];
      for (let at = 0; at < bytes.length; at += size)
        steps.push({ afterMs: 1, bytes: new Uint8Array(bytes.subarray(at, at + size)), speaks });
      return { ...whole, steps };
    },
  },
  {
    id: "other-model",
    row: "U32",
    again: 0,
    sign: "success",
    usable: true,
    act: (ctx) => healthy(ctx, { model: "something-else" }, { notes: { served: "something-else" } }),
  },
  withUsage("usage-missing", () => undefined, false),
  withUsage("usage-negative", () => ({ input: -5, output: -1 }), false),
  withUsage("usage-vast", () => ({ input: 1e30, output: 1e30 }), false),
  withUsage("usage-text", () => ({ input: "many", output: "NaN" }), false),
  { id: "laggard", row: "U35", again: 0, sign: "unsure", usable: null, act: (ctx) => ({ ...healthy(ctx), afterMs: ctx.latency + 10_000 }) },
  { id: "brown-out", row: "U37", again: 0, sign: "unsure", usable: null, act: (ctx) => ({ ...healthy(ctx), afterMs: ctx.latency * 5 }) },
  {
    id: "jitter",
    row: "N01",
    again: 0,
    sign: "success",
    usable: true,
    act: (ctx) => ({ ...healthy(ctx, { cuts: 12 }), afterMs: ctx.latency + ctx.rng.between(0, 400) }),
  },
  {
    id: "out-of-memory",
    row: "U40",
    again: 1,
    sign: "fault",
    usable: false,
    only: ["ollama"],
    act: (ctx) => reply(ctx, 500, JSON.stringify({ error: "llama runner process has terminated: out of memory" })),
  },
  {
    id: "prompt-cut",
    row: "U41",
    again: 0,
    sign: "success",
    usable: null,
    only: ["ollama"],
    act: (ctx) =>
      healthy(
        ctx,
        { usage: { input: 20, output: ctx.usage.output } },
        { usage: { input: 20, output: ctx.usage.output }, notes: { cut: true } },
      ),
  },
  {
    id: "relayed-reply",
    row: "U43",
    again: 0,
    sign: "success",
    usable: null,
    only: ["ollama"],
    act: (ctx) => healthy(ctx, { remoteHost: "https://cloud.test" }, { relay: true, usage: ctx.usage }),
  },
];

export const FAULT_BY_ID: ReadonlyMap<string, Fault> = new Map(FAULTS.map((fault) => [fault.id, fault]));
/** Applies one; the plan remembers which. */
export function act(fault: Fault, ctx: FaultContext): Turn {
  const turn = fault.act(ctx);
  turn.plan = { ...turn.plan, fault: fault.id };
  return turn;
}
