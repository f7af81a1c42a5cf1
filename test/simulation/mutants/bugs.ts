/** Bugs to plant: where, what, and which invariant must catch them. An anchor that a refactor removes fails loudly, so that no bug is lost unseen. */

import { type Bug, bug } from "./bug.ts";
import { EDGE_BUGS } from "./edge-bugs.ts";

export const BUGS: readonly Bug[] = [
  bug("late-deadline", "I01", "the panel's deadline is armed a deadline too late", [
    "src/consensus/ask.ts",
    "const hardEnd = panelEnd(plan);",
    "const hardEnd = panelEnd(plan) + plan.request.deadline_ms;",
  ]),
  bug("two-ends", "I01", "the end is sent twice", [
    "src/consensus/run.ts",
    'emit({ type: "run-end", data: report });',
    'emit({ type: "run-end", data: report }); emit({ type: "run-end", data: report });',
  ]),
  bug("slow-store", "I01", "a slow store holds up the answer without bound", [
    "src/consensus/keep.ts",
    "Math.min(sliceMs, STORE_SLICE_MS)",
    "60_000",
  ]),
  bug(
    "many-attempts",
    "I02",
    "eight attempts of a seat",
    ["src/panel/knobs.ts", "  attempts: 3,", "  attempts: 8,"],
    ["src/panel/retry.ts", "twice: 2", "twice: 8"],
  ),
  bug(
    "no-retry-budget",
    "I03",
    "the retry budget never runs out",
    ["src/panel/budget.ts", "if (bucket.tokens < 1) return false;", ""],
    ["src/panel/budget.ts", "filled(provider).tokens >= 1", "filled(provider).tokens >= -1e9"],
  ),
  bug("money-as-rate", "I04", "429 with a money code is taken for a rate limit", [
    "src/providers/errors.ts",
    "return has(complaint, MONEY) ? noMoney(extras) : limited(extras);",
    "return limited(extras);",
  ]),
  bug("gone-again", "I04", "a model that is gone is asked again", [
    "src/providers/errors.ts",
    'failure("misconfigured", MODEL_GONE, "never"',
    'failure("misconfigured", MODEL_GONE, "once"',
  ]),
  bug("unclipped-wait", "I05", "a wait beyond the deadline is begun", [
    "src/panel/retry.ts",
    "return wait + Math.max(1, time.usualMs) > time.leftMs ? null : wait;",
    "return wait;",
  ]),
  bug("no-slice", "I05", "nothing is kept for the adjudicator", ["src/consensus/ask.ts", "return hardEnd - slice;", "return hardEnd;"]),
  bug("unaborted", "I06", "a call that was cut goes on", ["src/panel/attempt.ts", "controller.abort(new AttemptAbort(by));", ""]),
  bug("listener-left", "I06", "a listener stays on the caller's signal", [
    "src/consensus/run.ts",
    'context.signal.removeEventListener("abort", onAbort);',
    "",
  ]),
  bug("timer-left", "I06", "phase timers are never cancelled", ["src/panel/attempt.ts", "      phases.stop();", ""]),
  bug("body-in-detail", "I07", "the upstream's words stand in the detail", [
    "src/providers/errors.ts",
    "const detail = `the provider answered with status ${status}`;",
    "const detail = `the provider answered with status ${status} ${complaint.message}`;",
  ]),
  bug("rewritten-answer", "I08", "the answer is not the winner's own bytes", [
    "adjudicator/adjudicate.ts",
    "answer: winner.text,",
    "answer: winner.text.toLowerCase(),",
  ]),
  bug("early-bird", "I09", "who sits first weighs more", [
    "adjudicator/ballots.ts",
    "(voiceWeight(seats) || 1) / shares : voiceWeight(seats)",
    "(voiceWeight(seats) || 1) / shares : voiceWeight(seats) / (seats[0]?.seat ?? 1)",
  ]),
  bug("wrapping-count", "I10", "the count wraps around at three", [
    "adjudicator/agreement.ts",
    "byWeight(a.found.weight, b.found.weight) || comparePreference(a.best, b.best)",
    "byWeight(a.found.weight % 3, b.found.weight % 3) || comparePreference(a.best, b.best)",
  ]),
  bug("run-off", "I11", "of two classes the second wins", [
    "adjudicator/agreement.ts",
    "const classes = ranked.map(({ found }) => found);",
    "const classes = (ranked.length === 2 ? ranked.toReversed() : ranked).map(({ found }) => found);",
  ]),
  bug("judge-first", "I12", "the adjudicator is asked before the count", [
    "adjudicator/adjudicate.ts",
    "if (leading && hasMajority(agreement) && !strategy.outranksMajority)",
    'if (leading && hasMajority(agreement) && strategy.name === "vote")',
  ]),
  bug("lost-rung", "I13", "rungs that decided nothing are forgotten", [
    "adjudicator/strategies/climb.ts",
    "    ladder.push({ adjudicator: seat.name, result: rung.result, detail: rung.detail });",
    "    if (rung.value !== null) ladder.push({ adjudicator: seat.name, result: rung.result, detail: rung.detail });",
  ]),
  bug("parse-outside", "I13", "a ruling is parsed outside the guard", [
    "adjudicator/strategies/judging.ts",
    "  return { reply, ruling: reply.ok ?",
    "  if (reply.ok) JSON.parse(reply.text);\n  return { reply, ruling: reply.ok ?",
  ]),
  bug("labels-compared", "I14", "labels are compared instead of members", [
    "adjudicator/strategies/judging.ts",
    "namedBy(ruling, orders[place] ?? [])",
    "namedBy(ruling, orders[0] ?? [])",
  ]),
  bug("second-shuffle", "I14", "the second order is the first again", [
    "adjudicator/labels.ts",
    "[first, first.toReversed()]",
    "[first, [...first]]",
  ]),
  bug("unshuffled", "I14", "candidates are shown in the order of the panel", [
    "adjudicator/labels.ts",
    "const other = Math.floor(random() * (last + 1));",
    "const other = random() < 2 ? last : 0;",
  ]),
  bug("one-fence", "I15", "one fence for the whole process", [
    "src/consensus/decide.ts",
    "token: () => deps.random.hex(FENCE_BYTES)",
    'token: () => "0123456789abcdef0123456789abcdef"',
  ]),
  bug("first-line-mark", "I15", "only the first line of a text is marked", [
    "adjudicator/framing.ts",
    'mark + showHidden(text).replaceAll("\\n", () => `\\n${mark}`)',
    "mark + showHidden(text)",
  ]),
  bug("filter-late", "I16", "degenerate answers have a voice beside real ones", [
    "adjudicator/ballots.ts",
    "return real.length > 0 ? real : candidates;",
    "return candidates;",
  ]),
  bug("open-merge", "I17", "a merge may bring in what it likes", [
    "adjudicator/provenance.ts",
    "export function checkMerge(merge: string, sources: string[], own: string[] = []): Checked {",
    "export function checkMerge(merge: string, sources: string[], own: string[] = []): Checked {\n  if (merge.length + sources.length + own.length > 0) return { ok: true };",
  ]),
  bug(
    "open-ladder",
    "I18",
    "remote adjudicators are asked under local-only",
    [
      "src/egress/guard.ts",
      'privacy === "cloud-allowed" || (endpoint.local && book.isLocal(base.hostname))',
      "privacy !== null || (endpoint.local && book.isLocal(base.hostname))",
    ],
    ["src/panel/call.ts", 'if (passage.privacy === "local-only" && !target.provider.local)', "if (target.member === null)"],
    ["src/panel/call.ts", 'if (passage.privacy === "local-only" && !room.locals.proved(target))', "if (target.member === null)"],
    ["src/panel/index.ts", 'if (privacy === "local-only" && (!provider.local || room.locals.relays(member)))', "if (member === null)"],
    ["src/consensus/ladder.ts", 'if (plan.passage.privacy === "local-only" && !known.local)', "if (known.local === null)"],
  ),
  bug("untold-port", "I18", "the report leaves out the port of a host", [
    "src/egress/guard.ts",
    "passage.hosts.add(url.host)",
    "passage.hosts.add(url.hostname)",
  ]),
  bug("lax-class", "I19", "the request's class stands, whatever the configuration says", [
    "src/consensus/request.ts",
    "(STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b)",
    "(STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : a)",
  ]),
  bug("eternal-proof", "I20", "an expired proof is still used", [
    "src/panel/locals.ts",
    "kept !== undefined && this.#ports.clock.now() < kept.until",
    "kept !== undefined",
  ]),
  bug("no-proof", "I20", "the proof comes after the prompt", [
    "src/panel/locals.ts",
    "    let proof = await this.#askProof(target, asking);",
    "    let proof: LocalProof = { proved: true, contextTokens: null, capabilities: [] };",
  ]),
  bug("lost-attempt", "I22", "an attempt that was cut is not written down", [
    "src/panel/seat.ts",
    'if (!("startedAt" in end)) return;',
    'if (!("startedAt" in end) || end.status === "cut") return;',
  ]),
  bug("lost-seat", "I22", "late seats have no outcome", [
    "src/panel/index.ts",
    "outcomes.sort((left, right) => left.seat - right.seat)",
    'outcomes.filter((one) => one.status !== "dropped" || one.reason !== "late").sort((left, right) => left.seat - right.seat)',
  ]),
  bug("free-failures", "I23", "failed attempts cost nothing", [
    "src/panel/seat.ts",
    "log.costUsd = addUsd(log.costUsd, end.costUsd);",
    'log.costUsd = end.status === "answered" ? addUsd(log.costUsd, end.costUsd) : log.costUsd;',
  ]),
  bug("unknown-is-free", "I23", "an unknown price is taken for 0", [
    "src/providers/models.ts",
    "return usdPerMtok === null || tokens === null ? null : usdPerMtok * tokens;",
    "return (usdPerMtok ?? 0) * (tokens ?? 0);",
  ]),
  bug("open-purse", "I24", "money is looked at once, before the panel", [
    "src/panel/purse.ts",
    "if (usd === null || booked + usd > limitUsd + ROUNDING_USD) return false;",
    "if (usd === null) return true;",
  ]),
  bug("late-is-loss", "I25", "a late seat degrades the run", [
    "src/consensus/report.ts",
    'isDropped(outcome) && outcome.reason !== "late"',
    "isDropped(outcome)",
  ]),
  bug("silent-store", "I25", "a store that fails leaves the run complete", [
    "src/consensus/keep.ts",
    'status: report.status === "complete" ? "degraded" : report.status',
    "status: report.status",
  ]),
  bug("wrong-end", "I25", "the deadline is not told from silence", [
    "src/consensus/ends.ts",
    'if (struck) return { slug: "deadline-exceeded"',
    'if (struck && plan.id === "") return { slug: "deadline-exceeded"',
  ]),
  bug("stampede", "I31", "half-open admits all who wait", [
    "src/panel/breaker.ts",
    'return cell.state === "open" ? this.#ports.clock.now() < cell.until : cell.probing;',
    'return cell.state === "open" && this.#ports.clock.now() < cell.until;',
  ]),
  bug("our-fault-counts", "I31", "a 400 of ours counts", [
    "src/panel/booking.ts",
    '    case "timeout":\n    case "unavailable":\n',
    '    case "timeout":\n    case "misconfigured":\n    case "unavailable":\n',
  ]),
  bug(
    "one-circuit",
    "I31",
    "one circuit for all models of a provider",
    ["src/panel/breaker.ts", "this.#cells.get(member)", 'this.#cells.get(member.split("/")[0] ?? "")', true],
    ["src/panel/breaker.ts", "this.#cells.set(member, cell)", 'this.#cells.set(member.split("/")[0] ?? "", cell)'],
  ),
  bug("never-opens", "I31", "no circuit ever opens", ["src/panel/breaker.ts", 'this.#move(member, cell, "open");', ""]),
  bug("one-queue", "I32", "one queue for all providers", [
    "src/panel/room.ts",
    "const name = facts.maxConcurrency === null ? provider.name : member;",
    'const name = facts.maxConcurrency === null ? "all" : member;',
  ]),
  bug("early-release", "I34", "a place is free before its call has ended", [
    "src/panel/call.ts",
    "return await enter(room, order);",
    "slot.release();\n    return await enter(room, order);",
  ]),
  bug("endless-queue", "I34", "the queue has no bound", [
    "src/panel/limits.ts",
    "this.queued() >= this.#most * this.#knobs.queueFactor",
    "this.queued() >= 1e9",
  ]),
  bug("real-time", "I35", "real time in an id", [
    "src/consensus/plan.ts",
    "context.runId ?? `run_${deps.random.hex(16)}`",
    "`run_${deps.random.hex(8)}${Math.floor(performance.now() * 1e3)}`",
  ]),
  bug("wall-durations", "I36", "durations by the wall clock", [
    "src/consensus/run.ts",
    "const totalMs = clock.now() - plan.startedAt;",
    "const totalMs = clock.wall() - createdAt;",
  ]),
  bug("no-reserve", "I37", "nothing is kept free for the answer", [
    "src/panel/fit.ts",
    "const room = windowTokens - reserveTokens;",
    "const room = windowTokens;",
  ]),
  bug("double-reserve", "I37", "the reserve is taken off twice", [
    "src/panel/fit.ts",
    "const room = windowTokens - reserveTokens;",
    "const room = windowTokens - 2 * reserveTokens;",
  ]),
  bug("orphaned-tool", "I37", "tool turns go like any other", ["src/panel/fit.ts", "turn < last && !pinned.has(turn)", "turn < last"]),
  bug("greedy-drop", "I38", "turns are dropped by luck instead of age", [
    "src/panel/fit.ts",
    "for (const turn of droppableTurns(messages, turns)) {",
    "for (const turn of droppableTurns(messages, turns).toSorted((a, b) => ((a * 7 + Math.floor(budget)) % 5) - ((b * 7 + Math.floor(budget)) % 5))) {",
  ]),
  bug("key-in-detail", "I39", "the upstream's error text, with the key it echoes, stands in the detail", [
    "src/providers/errors.ts",
    "const detail = `the provider answered with status ${status}`;",
    "const detail = `the provider answered with status ${status} ${complaint.message}`;",
  ]),
  bug("miscounted", "I43", "one loss of each run is not counted", [
    "src/consensus/meters.ts",
    "for (const { code } of report.degradations)",
    "for (const { code } of report.degradations.slice(1))",
  ]),
  bug("no-floor", "I44", "Retry-After is no floor", [
    "src/panel/retry.ts",
    "return Math.max(failure.retryAfterMs ?? 0, jitter);",
    "return jitter;",
  ]),
  bug("ms-as-s", "I44", "milliseconds are told as seconds", [
    "src/consensus/ends.ts",
    "Math.ceil(Math.min(...waits) / 1000)",
    "Math.ceil(Math.min(...waits))",
  ]),
  bug("greedy-slice", "I45", "the adjudicator's share grows faster than the deadline", [
    "src/consensus/ask.ts",
    "const slice = Math.min(learned ?? SLICE_SHARE * deadline_ms, SLICE_MOST_SHARE * deadline_ms, SLICE_MOST_MS);",
    "const slice = Math.min(hardEnd - deps.clock.now(), (deadline_ms * deadline_ms) / 40_000);",
  ]),
  bug("kept-outcomes", "I33", "outcomes are kept for good", [
    "src/consensus/meters.ts",
    "export function countRun(meter: Meter, report: Report): void {",
    "const kept = new Map<string, Report>();\nexport function countRun(meter: Meter, report: Report): void {\n  kept.set(report.id, report);",
  ]),
  bug("packed-cap", "I33", "the cap counts packed bytes", [
    "src/runtimes/node-body.ts",
    "if (this.#total > this.#cap)",
    "if (this.#decoder === null && this.#total > this.#cap)",
  ]),
  bug("endless-line", "I33", "a line has no bound", [
    "src/providers/lines.ts",
    "if (length > MAX_LINE) overCap();\n    if (rest",
    "if (rest",
  ]),
  bug("halved-bytes", "I41", "a character that two pieces share is read as two", [
    "src/providers/body.ts",
    "decoder.decode(value, { stream: true })",
    "decoder.decode(value)",
  ]),
  bug("lost-last-line", "I41", "a last line without an end is dropped", ["src/providers/lines.ts", 'if (length > 0) give("");', ""]),
  bug("framework-404", "I26", "the framework's own words for an unknown path", [
    "src/http/app.ts",
    "app.notFound((c) => serve(c, null, {}));",
    'app.notFound((c) => c.text("404 Not Found", 404));',
  ]),
  bug(
    "upstream-detail",
    "I26",
    "the upstream's message stands in the detail of a problem",
    [
      "src/providers/errors.ts",
      "const detail = `the provider answered with status ${status}`;",
      "const detail = `the provider answered with status ${status} ${complaint.message}`;",
    ],
    [
      "src/consensus/ends.ts",
      "new Set(dropped.map(({ member, reason }) => `${member}: ${reason}`))",
      "new Set(dropped.map(({ member, reason, detail }) => `${member}: ${reason} ${detail}`))",
    ],
  ),
  bug("one-status", "I26", "a refused field has the same status at OpenAI's door", [
    "src/http/openai/errors.ts",
    '(slug === "validation-failed" ? 400 : PROBLEMS[slug][0])',
    "PROBLEMS[slug][0]",
  ]),
  bug("bare-cr", "I40", "a bare carriage return stands in the data of an event", [
    "src/http/sse.ts",
    "data: ${JSON.stringify(data)}",
    'data: ${JSON.stringify(data).replaceAll("\\\\r", "\\r")}',
  ]),
  bug("open-html", "I40", "what a member said is HTML", [
    "src/http/render/html.ts",
    "<pre>${escapeHtml(said(outcome))}</pre>",
    "<pre>${said(outcome)}</pre>",
  ]),
  bug("open-markdown", "I40", "what a judge said begins a line of Markdown", [
    "src/http/render/markdown.ts",
    "`reason: ${cell(verdict.rationale)}`",
    "cell(verdict.rationale)",
  ]),
  bug("open-terminal", "I40", "the answer reaches the terminal as it is", [
    "src/cli/summary.ts",
    ': "") : safe(answer);',
    ': "") : answer;',
  ]),
  bug("guarded-prefix", "I42", "the key is asked for below known paths alone", [
    "src/http/app.ts",
    'if (route?.open) return "";',
    'if (route?.open || !/^\\/(consensus|v1|reports|jobs|mcp|status|metrics)/.test(path)) return "";',
  ]),
  bug("body-first", "I42", "the body is read before anybody is asked who is there", [
    "src/http/app.ts",
    "const owner = await guard(request, url.pathname, route);",
    "await request.arrayBuffer();\n    const owner = await guard(request, url.pathname, route);",
  ]),
  bug("store-first", "I42", "the store is touched before the key is checked", [
    "src/http/app.ts",
    "const owner = await checkKey(request.headers);",
    "if (deps.reports !== null) await deps.reports.health();\n    const owner = await checkKey(request.headers);",
  ]),
  ...EDGE_BUGS,
];
