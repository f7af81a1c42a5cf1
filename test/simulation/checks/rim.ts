/** I42: whom a guard refuses reaches nothing, whatever the spelling; I40: what models say stays text in every form in which it leaves. */
import { isDeepStrictEqual } from "node:util";
import type { ConsensusEvent, Report } from "../../../src/core/report.ts";
import type { Exchange, RimPlayed } from "../rim/play.ts";
import { wrongHtml, wrongMarkdown, wrongTerminal } from "./markup.ts";
import type { Tally } from "./tally.ts";

const STATUS: Readonly<Record<string, number>> = { "host-not-allowed": 403, "origin-not-allowed": 403, unauthenticated: 401 };
const OPEN = ["/openapi.json", "/problems/not-found"];

function refusedAs({ status, text }: Exchange, slug: string): boolean {
  return status === STATUS[slug] && text.includes(`"${slug}"`) !== text.includes(`/problems/${slug}"`);
}

/** null = the decision is the one that the guards' order gives. */
function wrongDecision(exchange: Exchange): string | null {
  const { kind, note, status, ask } = exchange;
  if (kind === "guard") {
    if (note !== "") return refusedAs(exchange, note) ? null : `${note} was due`;
    return status === 401 || status === 403 ? "a right request was refused" : null;
  }
  if (note !== "") return status === 404 ? null : `${note} spelled like this is not found`;
  return refusedAs(exchange, "unauthenticated") || (status === 404 && ask.auth === null) || (status === 404 && ask.auth === "Bearer x")
    ? null
    : "nobody is let in without a key";
}

export function guardsFirst({ exchanges }: RimPlayed, tally: Tally): void {
  for (const exchange of exchanges) {
    const { kind, note, ask, status, touched, bodyRead, text } = exchange;
    if (kind !== "guard" && kind !== "spelled") continue;
    const fail = (what: string): void =>
      tally.fail(
        "I42",
        null,
        `${ask.method} ${ask.path} (Host ${ask.host}, Origin ${ask.origin}, site ${ask.site}, ${ask.auth === null ? "no" : "a"} key) → ${status}: ${what}`,
      );
    const isRefused = kind === "spelled" || note !== "";
    if (isRefused) tally.hold(kind === "spelled" ? "I42:spelled" : "I42");
    const wrong = wrongDecision(exchange);
    if (wrong !== null) fail(`${wrong}: ${text.slice(0, 80)}`);
    if (isRefused && touched > 0) fail(`${touched} calls and store steps`);
    if (isRefused && bodyRead) fail("the body was read");
    if (kind === "spelled" && note === "" && status === 404 && !OPEN.some((path) => text.includes(path) || decodes(ask.path, path)))
      fail("another refusal than for its usual spelling");
  }
}
/** A spelling of an open route needs no key to be not found. */
function decodes(spelled: string, path: string): boolean {
  const plain = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  return plain(spelled).toLowerCase().includes(path.slice(1)) || plain(plain(spelled)).includes(path.slice(1));
}

interface Frame {
  id: string;
  name: string;
  data: string;
}
/** Event streams by the letter of the HTML standard: lines end in CRLF, LF or CR. */
function framesOf(text: string): Frame[] {
  const frames: Frame[] = [];
  let open: Frame & { has: boolean } = { id: "", name: "", data: "", has: false };
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (open.has) frames.push({ id: open.id, name: open.name, data: open.data });
      open = { id: open.id, name: "", data: "", has: false };
      continue;
    }
    const [field = "", ...rest] = line.split(":");
    const value = rest.join(":").replace(/^ /, "");
    if (field === "data") open = { ...open, data: open.has ? `${open.data}\n${value}` : value, has: true };
    if (field === "id") open = { ...open, id: value };
    if (field === "event") open = { ...open, name: value };
  }
  return frames;
}
const isStream = ({ headers }: Exchange): boolean => (headers["content-type"] ?? "").startsWith("text/event-stream");
const isEmpty = (value: unknown): boolean => value === undefined;
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** null = every event that the engine gave is one event that a reader gets, and no other. */
function wrongEvents(text: string, events: readonly ConsensusEvent[]): string | null {
  const frames = framesOf(text);
  if (frames.length !== events.length) return `${events.length} events became ${frames.length}`;
  for (const [index, { type, data }] of events.entries()) {
    const frame = frames[index];
    if (frame?.id !== String(index + 1) || frame.name !== type) return `event ${index + 1} became ${frame?.id} ${frame?.name}`;
    const read = parsed(frame.data);
    const sent = type === "error" ? { ...data, instance: "" } : data;
    if (!isDeepStrictEqual(type === "error" ? { ...(read as object), instance: "" } : read, sent))
      return `event ${index + 1} (${type}) has other data`;
  }
  return null;
}

function wrongChat(exchange: Exchange, { answer, tool_calls: calls, request }: Report): string | null {
  const type = (request as { answer?: { type?: string } }).answer?.type ?? "text";
  const said = (choice: unknown): string => (choice as { content?: string | null } | undefined)?.content ?? "";
  type Chunk = { choices: { delta?: unknown; message?: unknown }[] };
  if (!isStream(exchange)) {
    const whole = parsed(exchange.text) as Chunk | undefined;
    const text = said(whole?.choices[0]?.message);
    return type === "text" && calls.length === 0 && text !== answer ? "the message is not the answer" : null;
  }
  const frames = framesOf(exchange.text);
  if (frames.at(-1)?.data !== "[DONE]") return "no [DONE] at the end";
  const chunks = frames.slice(0, -1).map(({ data }) => parsed(data) as Chunk | undefined);
  if (chunks.some(isEmpty)) return "a chunk is not JSON";
  const text = chunks.map((chunk) => said(chunk?.choices[0]?.delta)).join("");
  return type === "text" && calls.length === 0 && text !== answer ? "the pieces are not the answer" : null;
}

/** null = the last message of the protocol is the tool's end, with the report in it. */
function wrongTool(exchange: Exchange, report: Report): string | null {
  const texts = isStream(exchange) ? framesOf(exchange.text).map(({ data }) => data) : [exchange.text];
  const messages = texts.map((text) => parsed(text) as { result?: { structuredContent?: unknown; isError?: boolean } } | undefined);
  if (messages.some(isEmpty)) return "a message is not JSON";
  const end = messages.at(-1)?.result;
  if (end?.isError === true) return null;
  return isDeepStrictEqual(end?.structuredContent, report) ? null : "the structured content is not the report";
}

const endOf = (events: readonly ConsensusEvent[] | undefined): Report | null => {
  const last = events?.at(-1);
  return last?.type === "run-end" ? last.data : null;
};

function wrongRun(exchange: Exchange, told: RimPlayed["told"]): string | null {
  const events = told.get(exchange.headers["x-request-id"] ?? "");
  const report = endOf(events);
  if (exchange.note === "events" && events !== undefined && exchange.status === 200) return wrongEvents(exchange.text, events);
  if (report === null || exchange.status !== 200) return null;
  switch (exchange.note) {
    case "report":
      return isDeepStrictEqual(parsed(exchange.text), report) ? null : "the reply does not parse to the report";
    case "chat":
      return wrongChat(exchange, report);
    case "responses":
      return isStream(exchange) &&
        framesOf(exchange.text).some(({ name, data }) => (parsed(data) as { type?: string } | undefined)?.type !== name)
        ? "an event is not what it is called"
        : null;
    case "tool":
      return wrongTool(exchange, report);
    default:
      return null;
  }
}

function wrongRead(exchange: Exchange, reports: ReadonlyMap<string, Report>, keepsTexts: boolean): string | null {
  const id = /run_[0-9a-f]{32}/.exec(exchange.ask.path)?.[0] ?? "";
  const report = reports.get(id);
  if (report === undefined || exchange.status !== 200) return null;
  switch (exchange.note) {
    case "report":
      return keepsTexts && report.storage.stored && !isDeepStrictEqual(parsed(exchange.text), report)
        ? "the stored report is another"
        : null;
    case "text/html":
      return wrongHtml(exchange.text, report);
    case "text/markdown":
      return wrongMarkdown(exchange.text, report);
    case "events":
      return framesOf(exchange.text).some(({ id: number, data }, index) => number !== String(index + 1) || isEmpty(parsed(data)))
        ? "a replayed event fell apart"
        : null;
    default:
      return null;
  }
}

/** Reports by id, of runs that were answered and of those that failed with one. */
function reportsOf({ told }: RimPlayed): Map<string, Report> {
  const reports = [...told.values()].flatMap((events) => {
    const last = events.at(-1);
    return last?.type === "run-end" ? [last.data] : last?.type === "error" && last.data.report ? [last.data.report] : [];
  });
  return new Map(reports.map((report) => [report.id, report]));
}

export function sinks(played: RimPlayed, tally: Tally): void {
  const { exchanges, told, typed, store } = played;
  const kept = new Set(store.saved.map(({ json }) => json));
  const reports = reportsOf(played);
  for (const exchange of exchanges) {
    const { kind, note, status, ask } = exchange;
    if ((kind !== "run" && kind !== "read") || status !== 200) continue;
    tally.hold("I40");
    const wrong = kind === "run" ? wrongRun(exchange, told) : wrongRead(exchange, reports, played.world.settings.storeContent);
    if (wrong !== null) tally.fail("I40", null, `${ask.path.slice(0, 40)} as ${note}: ${wrong}`);
    if (kind === "read" && note === "report" && !kept.has(exchange.text))
      tally.fail("I40", null, "a stored report came out with other bytes");
  }
  for (const { argv, out, err } of typed) {
    tally.hold("I40:terminal");
    const wrong = wrongTerminal(out) ?? wrongTerminal(err);
    if (wrong !== null) tally.fail("I40", null, `gekro ${argv.slice(0, 1).join(" ")}: ${wrong}`);
    if (argv.includes("--json") && out !== "" && isEmpty(parsed(out)))
      tally.fail("I40", null, `gekro ${argv[0]} --json: not JSON: ${out.slice(0, 60)}`);
  }
}
