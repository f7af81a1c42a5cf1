/** `POST /consensus`: a report or its events, one run per Idempotency-Key, and what happens when somebody leaves. */
import { expect, test } from "vitest";
import { Problem } from "../../src/core/problem.ts";
import type { ConsensusEvent } from "../../src/core/report.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { createIdempotencyStore } from "../../src/store/idempotency.ts";
import { createReportStore } from "../../src/store/reports.ts";
import { type IdempotencyStore, StoreError } from "../../src/store/store.ts";
import { answers, failedEvent, keys, reportOf, runId, scene, slugOf } from "./kit.ts";

const HI = { prompt: "hi" };
const sse = { accept: "text/event-stream" };
type Run = AsyncGenerator<ConsensusEvent, void, void>;
/** Reads a stream as a client does: blocks between blank lines, fields by their first colon. */
function eventsOf(text: string): { id: string; event: string; data: string }[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "" && !block.startsWith(":"))
    .map((block) => {
      const field = (name: string): string =>
        block
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? "";
      return { id: field("id"), event: field("event"), data: field("data") };
    });
}

test("a run is a report with its headers", async () => {
  const { ask, runs } = await scene();
  const response = await ask("/consensus", { json: HI });
  const report = (await response.json()) as { id: string };
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("consensus-status")).toBe("complete");
  expect(response.headers.get("consensus-report")).toBe(report.id);
  expect(runs[0]?.context).toMatchObject({ owner: "", live: false });
});

test("a failed run is a problem with the report, a refused one a problem without", async () => {
  const failed = reportOf({ status: "failed", answer: null, problem: { slug: "no-candidates", detail: "no member gave a usable answer" } });
  const one = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: failed.id, members: [] } };
    yield failedEvent(failed);
  });
  const response = await one.ask("/consensus", { json: HI });
  expect([response.status, response.headers.get("content-type")]).toEqual([502, "application/problem+json; charset=utf-8"]);
  expect(await response.json()).toMatchObject({
    type: "/problems/no-candidates",
    status: 502,
    instance: "/consensus",
    retryable: true,
    report: { id: failed.id },
  });
  const two = await scene({}, async function* (): Run {
    yield* [];
    throw new Problem("no-members", "nobody", { retryAfterS: 7 });
  });
  const refused = await two.ask("/consensus", { json: HI });
  expect([refused.status, refused.headers.get("retry-after"), await slugOf(refused)]).toEqual([503, "7", "no-members"]);
});

test("a bug is a plain internal problem, logged once without its words", async () => {
  const { ask, logs } = await scene({}, async function* (): Run {
    yield* [];
    throw new TypeError("sk-secret-in-a-message");
  });
  const response = await ask("/consensus", { json: HI });
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(text).not.toContain("secret");
  const internal = logs.filter((line) => line.includes('"internal"'));
  expect(internal).toHaveLength(1);
  expect(internal[0]).toContain(response.headers.get("x-request-id"));
  expect(logs.join("")).not.toContain("secret");
});

test("events are numbered from 1, one block each whatever their text, and end with the run", async () => {
  const nasty = "a\nb\r\nc\rd\u2028e\n\nevent: run-end\ndata: {}\n\n\u0000";
  const report = reportOf({ answer: nasty });
  const { ask, runs } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: report.id, members: ["groq/a"] } };
    yield { type: "answer-delta", data: { text: nasty } };
    yield { type: "run-end", data: report };
  });
  const response = await ask("/consensus", { json: HI, headers: sse });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const text = await response.text();
  expect(text).not.toContain("\r");
  const events = eventsOf(text);
  expect(events.map(({ id, event }) => [id, event])).toEqual([
    ["1", "run-start"],
    ["2", "answer-delta"],
    ["3", "run-end"],
  ]);
  expect(JSON.parse(events[1]?.data ?? "")).toEqual({ text: nasty });
  expect(JSON.parse(events[2]?.data ?? "")).toEqual(report);
  expect(runs[0]?.context.live).toBe(true);
});

test("a run that breaks in mid-stream ends in an error event, never in a clean end", async () => {
  const { ask } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: runId(), members: [] } };
    throw new TypeError("a bug");
  });
  const events = eventsOf(await (await ask("/consensus", { json: HI, headers: sse })).text());
  expect(events.map(({ event }) => event)).toEqual(["run-start", "error"]);
  expect(JSON.parse(events[1]?.data ?? "")).toMatchObject({ type: "/problems/internal", status: 500 });
});

test("what is refused before the first event is a plain problem, not a stream", async () => {
  const { ask } = await scene();
  const response = await ask("/consensus", { json: { prompt: "" }, headers: sse });
  expect([response.status, response.headers.get("content-type")]).toEqual([422, "application/problem+json; charset=utf-8"]);
});

test("a silent stream is kept alive by comments", async () => {
  let wake = (): void => {};
  const { ask, clock } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: runId(), members: [] } };
    await new Promise<void>((resolve) => (wake = resolve));
    yield { type: "run-end", data: reportOf() };
  });
  const response = await ask("/consensus", { json: HI, headers: sse });
  const text = response.text();
  await clock.advance(31_000);
  wake();
  await clock.flush();
  expect((await text).match(/^: keep-alive$/gm)).toHaveLength(2);
});

test("a reader that never reads is cut off and the run cancelled; what waits for it stays near 1 MiB", async () => {
  const piece = "x".repeat(100_000);
  let made = 0;
  let left: unknown = null;
  const { ask, clock } = await scene({}, async function* (_request, context): Run {
    yield { type: "run-start", data: { id: runId(), members: [] } };
    context.signal.addEventListener("abort", () => (left = context.signal.reason));
    for (; made < 1000; made++) yield { type: "answer-delta", data: { text: piece } };
  });
  const response = await ask("/consensus", { json: HI, headers: sse });
  await clock.advance(5000);
  expect(made).toBeLessThan(14);
  expect(left).toBeNull();
  await clock.advance(6000);
  expect(left).toBe("cancelled");
  await expect(response.text()).rejects.toThrow("the reader does not read");
  expect(clock.pending()).toBe(0);
});

test("a caller that leaves cancels the run, and leaves no error behind", async () => {
  for (const headers of [{}, sse] as Record<string, string>[]) {
    const leave = new AbortController();
    let reason: unknown;
    let begun = (): void => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    const { ask, logs } = await scene({}, async function* (_request, { signal }): Run {
      yield { type: "run-start", data: { id: runId(), members: [] } };
      begun();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      reason = signal.reason;
    });
    const reply = ask("/consensus", { json: HI, headers, signal: leave.signal });
    if (headers.accept) void (await reply).text().catch(() => {});
    await started;
    leave.abort();
    if (!headers.accept) expect((await reply).status).toBe(499);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reason).toBe("cancelled");
    expect(logs.filter((line) => line.includes('"error"'))).toEqual([]);
  }
});

test("a service that stops ends its runs as if their deadline had struck", async () => {
  const stopping = new AbortController();
  let reason: unknown;
  const { ask } = await scene({ stopping: stopping.signal }, async function* (_request, { signal }): Run {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    reason = signal.reason;
    yield { type: "run-end", data: reportOf() };
  });
  const reply = ask("/consensus", { json: HI });
  await new Promise((resolve) => setImmediate(resolve));
  stopping.abort();
  expect((await reply).status).toBe(200);
  expect(reason).toBe("deadline");
});

const keyed = (key: string, more: Record<string, string> = {}): Record<string, string> => ({ "idempotency-key": key, ...more });

test("fifty requests with one key run once, and later ones get the same bytes", async () => {
  const { ask, runs } = await scene();
  const replies = await Promise.all(Array.from({ length: 50 }, () => ask("/consensus", { json: HI, headers: keyed("k") })));
  const slugs = await Promise.all(replies.map(async (reply) => (reply.status === 200 ? "answered" : await slugOf(reply))));
  expect(runs).toHaveLength(1);
  expect(slugs.filter((slug) => slug === "answered")).toHaveLength(1);
  expect(slugs.filter((slug) => slug === "idempotency-in-progress")).toHaveLength(49);
  const first = await replies.find((reply) => reply.status === 200)?.text();
  const again = await ask("/consensus", { body: '{ "prompt" : "hi" }', headers: keyed("k", { "content-type": "application/json" }) });
  expect(await again.text()).toBe(first);
  expect(again.headers.get("consensus-status")).toBe("complete");
  expect(runs).toHaveLength(1);
});

test("another body, another form, another owner and a bad key are told apart", async () => {
  const { ask, runs } = await scene({ apiKeys: await keys("me", "you") });
  const as = (who: string, key: string, json: unknown, accept = "*/*"): Promise<Response> =>
    ask("/consensus", { json, headers: keyed(key, { authorization: `Bearer ${who}`, accept }) });
  expect((await as("me", "k", HI)).status).toBe(200);
  expect(await slugOf(await as("me", "k", { prompt: "ho" }))).toBe("idempotency-key-reused");
  expect(await slugOf(await as("me", "k", HI, "text/event-stream"))).toBe("idempotency-key-reused");
  expect((await as("you", "k", HI)).status).toBe(200);
  expect(runs).toHaveLength(2);
  expect(runs[0]?.context.owner).not.toBe(runs[1]?.context.owner);
  for (const key of ["", "x".repeat(256), "with space", "naïve", "\u007f"])
    expect([key, await slugOf(await as("me", key, HI))]).toEqual([key, "bad-idempotency-key"]);
  expect((await as("me", "x".repeat(255), HI)).status).toBe(200);
  expect(runs).toHaveLength(3);
});

test("a stream under a key is replayed as it was", async () => {
  const { ask, runs } = await scene();
  const first = await (await ask("/consensus", { json: HI, headers: keyed("s", sse) })).text();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const again = await ask("/consensus", { json: HI, headers: keyed("s", sse) });
  expect(again.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await again.text()).toBe(first);
  expect(runs).toHaveLength(1);
});

test("who lost a stream under a key reads on after the last event seen, by posting again", async () => {
  const { ask, runs } = await scene();
  const post = async (more: Record<string, string> = {}): Promise<string> =>
    (await ask("/consensus", { json: HI, headers: keyed("s", { ...sse, ...more }) })).text();
  const whole = await post();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(eventsOf(await post({ "last-event-id": "1" })).map(({ id, event }) => [id, event])).toEqual([["2", "run-end"]]);
  expect(whole.endsWith(await post({ "last-event-id": "1" }))).toBe(true);
  expect(await post({ "last-event-id": "2" })).toBe("");
  for (const odd of ["0", "-1", "x"]) expect(await post({ "last-event-id": odd })).toBe(whole);
  expect(runs).toHaveLength(1);
});

test("a refused run frees its key, a failed one with a report keeps it", async () => {
  const script: ConsensusEvent[] = [];
  const { ask, runs } = await scene({}, async function* (): Run {
    if (script.length === 0) throw new Problem("overloaded", "too much", { retryAfterS: 1 });
    yield* script;
  });
  expect((await ask("/consensus", { json: HI, headers: keyed("k") })).status).toBe(503);
  script.push(failedEvent(reportOf({ status: "failed", answer: null })));
  const failed = await (await ask("/consensus", { json: HI, headers: keyed("k") })).text();
  expect(await (await ask("/consensus", { json: HI, headers: keyed("k") })).text()).toBe(failed);
  expect(runs).toHaveLength(2);
});

test("died between storing the report and keeping the reply: a retry past the claim's time gets the stored bytes, without a run", async () => {
  const sql = await openSqlite(":memory:");
  const idempotency = createIdempotencyStore(sql);
  const reports = createReportStore(sql);
  const dying: IdempotencyStore = { ...idempotency, finish: () => new Promise(() => {}) };
  let report = reportOf();
  const script = async function* (_request: unknown, { runId }: { runId?: string }): Run {
    report = reportOf({ id: runId ?? report.id });
    yield { type: "run-start", data: { id: report.id, members: [] } };
    await new Promise((resolve) => setTimeout(resolve, 5));
    const row = {
      id: report.id,
      created_at: report.created_at,
      status: "complete",
      mode: "consensus",
      how: null,
      agreement: null,
      excerpt: "",
      cost_usd: 0,
      total_ms: 1,
    };
    await reports.save({ owner: "", row, json: JSON.stringify(report), history: null });
    yield { type: "run-end", data: report };
  };
  const first = await scene({ idempotency: dying, reports }, script);
  void first.ask("/consensus", { json: HI, headers: keyed("k") });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = await scene({ idempotency, reports }, script);
  // its own bytes may still be kept, as long as its process may live
  expect(await slugOf(await second.ask("/consensus", { json: HI, headers: keyed("k") }))).toBe("idempotency-in-progress");
  const later: IdempotencyStore["claim"] = (name, print, now, ...rest) => idempotency.claim(name, print, now + 3600_000, ...rest);
  const third = await scene({ idempotency: { ...idempotency, claim: later }, reports }, script);
  const retry = await third.ask("/consensus", { json: HI, headers: keyed("k") });
  expect(await retry.text()).toBe(JSON.stringify(report));
  expect(retry.headers.get("consensus-report")).toBe(report.id);
  const asked = { json: HI, headers: keyed("s", sse) };
  void first.ask("/consensus", asked).then((reply) => reply.text());
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await slugOf(await second.ask("/consensus", asked))).toBe("idempotency-in-progress");
  const stream = eventsOf(await (await third.ask("/consensus", asked)).text());
  expect([stream[0]?.event, stream.at(-1)?.event]).toEqual(["run-start", "run-end"]);
  expect(JSON.parse(stream.at(-1)?.data ?? "")).toEqual(report);
  expect([second.runs, third.runs]).toEqual([[], []]);
});

test("died in mid-run: the key is free again soon after the run's deadline, and not before", async () => {
  const idempotency = createIdempotencyStore(await openSqlite(":memory:"));
  const json = { ...HI, deadline_ms: 1000 };
  const died = await scene({ idempotency }, async function* (): Run {
    yield { type: "run-start", data: { id: reportOf().id, members: [] } };
    await new Promise(() => {});
  });
  void died.ask("/consensus", { json, headers: keyed("k") });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const next = await scene({ idempotency });
  await next.clock.advance(5000);
  expect(await slugOf(await next.ask("/consensus", { json, headers: keyed("k") }))).toBe("idempotency-in-progress");
  await next.clock.advance(6001);
  expect((await next.ask("/consensus", { json, headers: keyed("k") })).status).toBe(200);
});

test("a store that cannot claim is told before the run, one that cannot keep costs no answer", async () => {
  const sql = await openSqlite(":memory:");
  const fails = (): Promise<never> => Promise.reject(new StoreError("the disk is full"));
  const one = await scene({ idempotency: { ...createIdempotencyStore(sql), claim: fails } });
  expect(await slugOf(await one.ask("/consensus", { json: HI, headers: keyed("k") }))).toBe("store-unavailable");
  expect(one.runs).toHaveLength(0);
  const two = await scene({ idempotency: { ...createIdempotencyStore(sql), finish: fails } });
  expect((await two.ask("/consensus", { json: HI, headers: keyed("k") })).status).toBe(200);
});

test("more runs than sockets allow are shed at once, and counted out when they end", async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { ask } = await scene({}, async function* (request, context): Run {
    await gate;
    yield* answers(request, context);
  });
  const all = Array.from({ length: 3900 }, () => ask("/consensus", { json: HI }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const shed = await ask("/consensus", { json: HI });
  expect([await slugOf(shed), shed.headers.get("retry-after")]).toEqual(["overloaded", "1"]);
  open();
  const statuses = await Promise.all(all.map(async (reply) => (await reply).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(3800);
  expect((await ask("/consensus", { json: HI })).status).toBe(200);
});
