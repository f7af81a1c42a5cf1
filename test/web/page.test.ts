/** The page's script on a document of a few lines: what a run's events make of it, and that nothing of theirs becomes markup. */
import { expect, test, vi } from "vitest";
import { createReader, summary, type Told, visible } from "../../src/web/told.ts";
import { generate, isFresh } from "../../src/web/generate.ts";

class Node {
  children: (Node | string)[] = [];
  hidden = false;
  disabled = false;
  checked = false;
  value = "";
  href = "";
  className = "";
  readonly heard = new Map<string, (event: { preventDefault(): void }) => void>();
  readonly classList = {
    toggle: (name: string, on: boolean) => (on ? (this.className += ` ${name}`) : undefined),
    remove: (name: string) => (this.className = this.className.replace(name, "").trim()),
  };
  get textContent(): string {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }
  set textContent(text: string) {
    this.children = [text];
  }
  set innerHTML(_html: string) {
    throw new Error("markup was set");
  }
  append(...more: (Node | string)[]): void {
    this.children.push(...more);
  }
  replaceChildren(...all: (Node | string)[]): void {
    this.children = all;
  }
  addEventListener(name: string, listener: (event: { preventDefault(): void }) => void): void {
    this.heard.set(name, listener);
  }
  focus(): void {}
  scrollIntoView(): void {}
}

const report = {
  status: "degraded",
  mode: "consensus",
  id: `run_${"a".repeat(32)}`,
  answer: "<b>42</b>",
  verdict: { how: "voted", winner: "groq/a", agreement: 0.5, supporters: ["groq/a"] },
  usage: { calls: 2 },
  cost_usd: { total: null },
  timing_ms: { total: 1234 },
  degradations: [{ code: "member-dropped", member: "ollama/b", detail: "timeout" }],
};
const stream = [
  ["run-start", { id: report.id, members: ["groq/a", "ollama/b"] }],
  ["candidate-arrived", { member: "groq/a", sample: 1, status: "answered", text: "<b>42</b>\u202e", latency_ms: 740 }],
  ["member-dropped", { member: "ollama/b", sample: 1, status: "dropped", reason: "timeout", detail: "no first byte" }],
  ["answer-delta", { text: "<b>4" }],
  ["run-end", report],
].map(([event, data], index) => `id: ${index + 1}\nevent: ${String(event)}\ndata: ${JSON.stringify(data)}\n\n`);

test("events come together however the stream is cut, and comments are passed over", () => {
  const text = [": keep-alive\n\n", ...stream].join("");
  for (const size of [1, 7, 64, text.length]) {
    const told: Told[] = [];
    const read = createReader((one) => void told.push(one));
    for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
    expect(told.map(({ event }) => event)).toEqual(["run-start", "candidate-arrived", "member-dropped", "answer-delta", "run-end"]);
    expect(told.at(-1)?.data).toEqual(report);
  }
});
test("what cannot be seen is shown, and a verdict is one line", () => {
  expect(visible("a\u200bb\n\tc")).toBe("a⟨U+200B⟩b\n\tc");
  expect(summary(report)).toBe("voted, in the words of groq/a · agreement 0.50, 1 behind it · 2 calls · cost unknown · 1.23 s");
});
test("the checked-in page is what its files make, and asks nobody but its own service", () => {
  expect(isFresh()).toBe(true);
  expect(generate()).not.toMatch(/https?:\/\/|innerHTML|eval\(|document\.write/);
});
test("a person unlocks the page, asks, sees members and verdict, and model text stays text", async () => {
  const nodes = new Map<string, Node>();
  const node = (id: string): Node => nodes.get(id) ?? (nodes.set(id, new Node()), node(id));
  const asked: { path: string; init: { headers: Headers; body?: string } }[] = [];
  const store = new Map<string, string>();
  vi.stubGlobal("document", { querySelector: (id: string) => node(id.slice(1)), createElement: () => new Node() });
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => store.get(name) ?? null,
    setItem: (name: string, value: string) => store.set(name, value),
  });
  vi.stubGlobal("fetch", async (path: string, init: { headers: Headers; body?: string }) => {
    asked.push({ path, init });
    if (!init.headers.has("authorization")) return Response.json({}, { status: 401 });
    if (path === "/consensus") return new Response(new Blob(stream).stream());
    return Response.json(path === "/status" ? { simulated: false, members: [] } : { data: [] });
  });
  await import("../../src/web/page.ts");
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(node("unlock").hidden).toBe(false);
  node("key").value = " secret ";
  const event = { preventDefault: () => {} };
  node("unlock").heard.get("submit")?.(event);
  node("prompt").value = "6 × 7?";
  node("strategy").value = "vote";
  node("answer").value = "number";
  node("local").checked = true;
  node("ask").heard.get("submit")?.(event);
  await vi.waitFor(() => expect(node("state").textContent).toBe("Degraded: something was lost on the way."));
  const sent = asked.find(({ path }) => path === "/consensus")?.init;
  expect([sent?.headers.get("authorization"), sent?.headers.get("accept")]).toEqual(["Bearer secret", "text/event-stream"]);
  expect(JSON.parse(sent?.body ?? "")).toEqual({ prompt: "6 × 7?", strategy: "vote", answer: { type: "number" }, privacy: "local-only" });
  expect(node("text").textContent).toBe("<b>42</b>");
  const cards = node("members").children.map((card) => [(card as Node).className, (card as Node).textContent]);
  expect(cards).toEqual([
    ["answered winner", "groq/a0.74 s<b>42</b>⟨U+202E⟩"],
    ["dropped", "ollama/btimeoutno first byte"],
  ]);
  expect(node("losses").textContent).toBe("member-dropped · ollama/b · timeout");
  vi.unstubAllGlobals();
});
