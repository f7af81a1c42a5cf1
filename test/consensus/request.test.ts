/** The request: defaults filled in, and every refused field named by its pointer. */
import { describe, expect, test } from "vitest";
import { parseRunRequest, type RequestDefaults } from "../../src/consensus/request.ts";
import { Problem } from "../../src/core/problem.ts";

const defaults: RequestDefaults = {
  panel: ["together/a", "groq/b", "ollama/c"],
  adjudicators: ["groq/b"],
  fallback: ["groq/b", "ollama/c"],
  quorum: 2,
  deadlineMs: 60_000,
  graceMs: 5000,
  privacy: "cloud-allowed",
};
const parse = (body: unknown, change: Partial<RequestDefaults> = {}) => parseRunRequest(body, { ...defaults, ...change });
function pointers(body: unknown): string[] {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof Problem && error.slug === "validation-failed") return (error.extras.errors ?? []).map(({ pointer }) => pointer);
    throw error;
  }
  return ["accepted"];
}

describe("defaults", () => {
  test("a prompt becomes one user message, and the operator's panel, ladder and times are filled in", () => {
    expect(parse({ prompt: "hi" })).toEqual({
      messages: [{ role: "user", content: "hi" }],
      panel: defaults.panel.map((model) => ({ model, samples: 1, weight: null, timeout_ms: null, temperature: null })),
      panel_named: false,
      strategy: "auto",
      answer: { type: "text" },
      adjudicators: ["groq/b"],
      orders: 2,
      quorum: 2,
      require_quorum: false,
      stop: "decided",
      deadline_ms: 60_000,
      grace_ms: 5000,
      privacy: "cloud-allowed",
      max_cost_usd: null,
      metadata: {},
    });
  });
  test("fallback takes its own chain and needs one", () => {
    expect(parse({ prompt: "hi", strategy: "fallback", quorum: 3 })).toMatchObject({
      quorum: 1,
      panel: [{ model: "groq/b" }, { model: "ollama/c" }],
    });
  });
  test("the quorum is never above the members", () => {
    expect(parse({ prompt: "hi", panel: [{ model: "groq/b", samples: 4 }], quorum: 3 }).quorum).toBe(1);
  });
  test("a default grace is clamped to the deadline, an explicit larger one is refused", () => {
    expect(parse({ prompt: "hi", deadline_ms: 100 }).grace_ms).toBe(100);
    expect(pointers({ prompt: "hi", deadline_ms: 100, grace_ms: 101 })).toEqual(["/grace_ms"]);
  });
  test("the strictest privacy of request and operator wins", () => {
    const of = (request: string, operator: RequestDefaults["privacy"]) =>
      parse({ prompt: "x", privacy: request }, { privacy: operator }).privacy;
    expect([of("local-only", "auto"), of("cloud-allowed", "local-only"), of("cloud-allowed", "auto"), of("auto", "cloud-allowed")]).toEqual(
      ["local-only", "local-only", "auto", "auto"],
    );
  });
  test("text parts are joined", () => {
    expect(
      parse({
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
        ],
      }).messages,
    ).toEqual([{ role: "user", content: "a\nb" }]);
  });
});

test.each<[string, unknown, string[]]>([
  ["neither messages nor prompt", {}, [""]],
  ["both", { prompt: "x", messages: [{ role: "user", content: "x" }] }, [""]],
  ["no text", { prompt: "  " }, ["/prompt"]],
  ["empty messages", { messages: [] }, ["/messages"]],
  ["messages without text", { messages: [{ role: "user", content: "" }] }, ["/messages"]],
  ["an unknown field", { prompt: "x", tempreature: 1 }, ["/tempreature"]],
  ["an unknown field deep down", { prompt: "x", panel: [{ model: "a/b", wieght: 1 }] }, ["/panel/0/wieght"]],
  ["no object", [], [""]],
  [
    "an image part",
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
    ["/messages/0/content/0/type", "/messages/0/content/0/text", "/messages/0/content/0/image_url"],
  ],
  ["a member without provider", { prompt: "x", panel: ["gpt-4o"] }, ["/panel/0"]],
  ["an empty panel", { prompt: "x", panel: [] }, ["/panel"]],
  ["17 seats", { prompt: "x", panel: [{ model: "a/b", samples: 8 }, { model: "a/c", samples: 8 }, "a/d"] }, ["/panel"]],
  ["9 samples", { prompt: "x", panel: [{ model: "a/b", samples: 9 }] }, ["/panel/0/samples"]],
  ["a deadline of 0", { prompt: "x", deadline_ms: 0 }, ["/deadline_ms"]],
  ["a deadline past any timer", { prompt: "x", deadline_ms: 2 ** 31 }, ["/deadline_ms"]],
  ["a deadline as text", { prompt: "x", deadline_ms: "1000" }, ["/deadline_ms"]],
  ["choices that repeat", { prompt: "x", answer: { type: "choice", choices: ["A", "A"] } }, ["/answer/choices"]],
  ["choices that differ in blanks alone", { prompt: "x", answer: { type: "choice", choices: ["A", " A"] } }, ["/answer/choices"]],
  ["a blank choice", { prompt: "x", answer: { type: "choice", choices: ["A", "  "] } }, ["/answer/choices/1"]],
  ["choices that lack", { prompt: "x", answer: { type: "choice" } }, ["/answer/choices"]],
  ["an unknown strategy", { prompt: "x", strategy: "best" }, ["/strategy"]],
  ["three orders", { prompt: "x", orders: 3 }, ["/orders"]],
  ["a tool choice without tools", { prompt: "x", tool_choice: "auto" }, ["/tool_choice"]],
  [
    "17 pairs of metadata",
    { prompt: "x", metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"])) },
    ["/metadata"],
  ],
  ["a negative cost", { prompt: "x", max_cost_usd: -1 }, ["/max_cost_usd"]],
  ["a temperature of 3", { prompt: "x", temperature: 3 }, ["/temperature"]],
])("%s is refused with its pointer", (_title, body, expected) => {
  expect(pointers(body)).toEqual(expected);
});
