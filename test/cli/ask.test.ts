/** `gekro ask` on a scripted run: what goes where, and how it ends. */
import { describe, expect, test } from "vitest";
import { Problem, problemDocument } from "../../src/core/problem.ts";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { answered, degradedReport, eventsOf, gekro, reportOf } from "./kit.ts";

const failed = (report: Report): ConsensusEvent[] => {
  const data = problemDocument<Report>(new Problem("no-candidates", "no member gave a usable answer", { report }), "/", "req_1");
  return [
    { type: "run-start", data: { id: report.id, members: ["groq/a"] } },
    { type: "error", data, retryAfterS: null },
  ];
};
const noAnswer = reportOf({ status: "failed", answer: null, verdict: null });

describe("where things go", () => {
  test("the answer alone is on standard output, members and losses are on standard error", async () => {
    const { code, out, err } = await gekro(["ask", "why?"], { events: eventsOf(degradedReport()) });
    expect(code).toBe(0);
    expect(out).toBe("forty-two\n");
    expect(err).toContain("groq/a  answered  0.74 s  forty-two\n");
    expect(err).toContain("ollama/b  dropped  0.09 s  unavailable: the connection was refused\n");
    expect(err).toContain("degraded: member-dropped ollama/b: unavailable\n");
    expect(err).not.toContain("\x1b");
  });
  test("what is piped in stands behind the question", async () => {
    const { requests } = await gekro(["ask", "what", "went wrong?"], { piped: "line 1\nline 2\n" });
    expect(requests[0]?.messages).toEqual([{ role: "user", content: "what went wrong?\n\nline 1\nline 2" }]);
  });
  test("a pipe alone is a question too", async () => {
    const { requests } = await gekro(["ask"], { piped: "why?\n" });
    expect(requests[0]?.messages[0]?.content).toBe("why?");
  });
  test("--json prints the report, and nothing else there", async () => {
    const report = degradedReport();
    const { out } = await gekro(["ask", "why?", "--json"], { events: eventsOf(report) });
    expect(JSON.parse(out)).toEqual(report);
  });
  test("--quiet leaves standard error empty", async () => {
    expect((await gekro(["ask", "why?", "-q"])).err).toBe("");
  });
  test("agreed tool calls are printed when there is no text", async () => {
    const call = { id: "c1", type: "function" as const, function: { name: "look", arguments: "{}" } };
    const { out } = await gekro(["ask", "look"], { events: eventsOf(reportOf({ answer: "", tool_calls: [call] })) });
    expect(JSON.parse(out)).toEqual([call]);
  });
});

describe("every option reaches the run", () => {
  test("in the words of the wire contract", async () => {
    const words = ["ask", "x", "--strategy", "vote", "--panel", "groq/a,groq/b", "--panel", "ollama/c", "--answer", "choice:yes, no"];
    const { requests } = await gekro([...words, "--quorum", "1", "--deadline", "1.5s", "--max-cost", "0.05", "--local-only"]);
    expect(requests[0]).toMatchObject({
      strategy: "vote",
      panel: [{ model: "groq/a" }, { model: "groq/b" }, { model: "ollama/c" }],
      answer: { type: "choice", choices: ["yes", "no"] },
      quorum: 1,
      deadline_ms: 1500,
      max_cost_usd: 0.05,
      privacy: "local-only",
    });
  });
});

describe("exit codes", () => {
  test.each([
    ["0 for an answer", ["ask", "x"], eventsOf(reportOf()), 0],
    ["0 for a degraded answer", ["ask", "x"], eventsOf(degradedReport()), 0],
    ["3 for a degraded answer with --strict", ["ask", "x", "--strict"], eventsOf(degradedReport()), 3],
    ["0 for a complete answer with --strict", ["ask", "x", "--strict"], eventsOf(reportOf()), 0],
    ["1 without an answer", ["ask", "x"], failed(noAnswer), 1],
    ["130 when it was interrupted", ["ask", "x"], eventsOf(reportOf()).slice(0, 1), 130],
    ["2 with nothing to ask", ["ask"], [], 2],
    ["2 for a value that cannot be read", ["ask", "x", "--deadline", "soon"], [], 2],
    ["2 for an answer type that is not known", ["ask", "x", "--answer", "poem"], [], 2],
    ["2 for a request that the engine refuses", ["ask", "x", "--quorum", "99"], [], 2],
    ["2 for a member that is not provider/model", ["ask", "x", "--panel", "llama"], [], 2],
  ] as const)("%s", async (_title, argv, events, code) => {
    expect((await gekro([...argv], { events: [...events] })).code).toBe(code);
  });
  test("a failed run says why, prints no answer, and its report with --json", async () => {
    const plain = await gekro(["ask", "x"], { events: failed(noAnswer) });
    expect(plain.out).toBe("");
    expect(plain.err).toContain("gekro: no-candidates: no member gave a usable answer\n");
    expect(JSON.parse((await gekro(["ask", "x", "--json"], { events: failed(noAnswer) })).out)).toEqual(noAnswer);
  });
  test("a refusal is a problem document with --json", async () => {
    const { out } = await gekro(["ask", "x", "--panel", "llama", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ type: "/problems/validation-failed", errors: [{ pointer: "/panel/0" }] });
  });
});

describe("hostile answers", () => {
  const hostile = "ok\x1b[2J\x1b]0;owned\x07\r\nfine\x9b31m\u202eevil\ttab\0";
  const events = eventsOf(reportOf({ answer: hostile, outcomes: [answered("groq/a", hostile)] }));
  // eslint-disable-next-line no-control-regex
  const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/;
  test("no control but line feed and tab reaches the terminal, and what was there can be told", async () => {
    const { out, err } = await gekro(["ask", "x"], { events });
    expect(out).toBe("ok⟨U+001B⟩[2J⟨U+001B⟩]0;owned⟨U+0007⟩\nfine⟨U+009B⟩31m⟨U+202E⟩evil\ttab⟨U+0000⟩\n");
    expect(err).not.toMatch(controls);
  });
  test("JSON keeps the very value without printing a control", async () => {
    const { out } = await gekro(["ask", "x", "--json"], { events });
    expect(out).not.toMatch(controls);
    expect((JSON.parse(out) as Report).answer).toBe(hostile);
  });
  test("no word of a service's report is trusted: neither its id nor how it was decided, nor its problem", async () => {
    const { verdict } = reportOf();
    const whole = reportOf({ id: hostile, verdict: verdict && { ...verdict, how: hostile as "agreed", winner: hostile } });
    const detail = {
      type: `/problems/${hostile}`,
      title: "x",
      status: 502,
      detail: hostile,
      instance: "/",
      request_id: "x",
      retryable: false,
    };
    const failed: ConsensusEvent = { type: "error", data: detail, retryAfterS: null };
    for (const end of [eventsOf(whole), [failed]]) {
      const { out, err } = await gekro(["ask", "x"], { events: end });
      expect(out + err).not.toMatch(controls);
    }
  });
});

describe("on a terminal", () => {
  test("the table is redrawn in place, its last state stays, and the cursor comes back", async () => {
    const { err } = await gekro(["ask", "x"], { tty: true, columns: 60, events: eventsOf(degradedReport()) });
    const frames = err.split("\x1b[J");
    expect(frames[0]).toContain("\x1b[?25l");
    expect(frames.length).toBeGreaterThan(3);
    const last = frames.at(-2) ?? "";
    expect(last).toContain("\x1b[3A");
    expect(last).toContain(" ✓ groq/a   answered    0.74 s  forty-two\n");
    expect(last).toContain(" ✗ ollama/b dropped     0.09 s  unavailable: the connectio…\n");
    expect(frames.at(-1)).toContain("\x1b[?25h");
  });
  test("nothing is drawn before a request that is refused", async () => {
    expect((await gekro(["ask", "x", "--quorum", "99"], { tty: true })).err).not.toContain("\x1b");
  });
});
