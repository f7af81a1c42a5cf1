/** Who could answer right now, and what `npm start` says of it: remote members on their breakers' word, local ones only when their server is there. */
import { expect, test } from "vitest";
import type { Provider } from "../../src/providers/provider.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { createReadiness } from "../../src/runtimes/readiness.ts";
import { greeting } from "../../src/runtimes/start.ts";
import { createVirtualClock } from "../kit/clock.ts";

type Prove = NonNullable<Provider["prove"]>;
function ready(
  members: string[],
  { prove, open = [] }: { prove?: Prove; open?: string[] } = {},
  privacy: "local-only" | "cloud-allowed" = "cloud-allowed",
) {
  const clock = createVirtualClock();
  const provider = (name: string, local: boolean, more: Partial<Provider> = {}): [string, Provider] => [
    name,
    { name, local, endpoint: {}, ...more } as unknown as Provider,
  ];
  const providers = new Map([provider("groq", false), provider("ollama", true, { prove })]);
  const panel = { unavailable: (member: string) => (open.includes(member) ? "circuit-open" : null) };
  const egress = { open: () => () => Promise.reject(new Error("nobody is asked by hand")) };
  return { clock, ask: createReadiness({ panel, providers, egress, clock }, members, privacy) };
}
const here: Prove = () => Promise.resolve({ proved: true, contextTokens: null, capabilities: [] });
const away: Prove = () => Promise.resolve({ proved: false, reason: "unavailable", detail: "refused" });
const relays: Prove = () => Promise.resolve({ proved: false, reason: "privacy-excluded", detail: "it relays" });

test("a remote member could answer unless its circuit is open; nobody is called for that", async () => {
  expect(ready(["groq/a"]).ask()).toBe(true);
  expect(ready(["groq/a"], { open: ["groq/a"] }).ask()).toBe(false);
  expect(ready([]).ask()).toBe(false);
});
test("with local members alone their server is asked whether it is there", async () => {
  expect(await ready(["ollama/m"], { prove: here }).ask()).toBe(true);
  expect(await ready(["ollama/m"], { prove: away }).ask()).toBe(false);
  expect(await ready(["groq/a", "ollama/m"], { prove: away, open: ["groq/a"] }).ask()).toBe(false);
});
test("one that relays to a cloud could answer where a cloud may", async () => {
  expect(await ready(["ollama/m"], { prove: relays }).ask()).toBe(true);
  expect(await ready(["ollama/m"], { prove: relays }, "local-only").ask()).toBe(false);
});
test("a server that says nothing is waited for 2 s, and none is asked more often than that", async () => {
  let calls = 0;
  const silent: Prove = (_model, { signal }) => {
    calls += 1;
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("cut")), { once: true }));
  };
  const { ask, clock } = ready(["ollama/m"], { prove: silent });
  const answers = [ask(), ask()];
  await clock.advance(2000);
  expect(await Promise.all(answers)).toEqual([false, false]);
  expect(calls).toBe(1);
  await clock.advance(1);
  void ask();
  expect(calls).toBe(2);
  await clock.advance(2000);
});
test("the start says in one line whom it is left with", async () => {
  const lines = async (env: Record<string, string>): Promise<string[]> =>
    greeting(await readSettings(env, { version: "1" }), "http://x").split("\n");
  expect((await lines({}))[2]).toBe(
    "No key is set: only an Ollama at http://127.0.0.1:11434 is asked, if one runs there (npm run demo needs neither)",
  );
  expect((await lines({ CONSENSUS_PANEL: "openai/x" }))[2]).toBe(
    "No member of the panel is configured: set a key or OLLAMA_HOST, see README.md",
  );
  expect((await lines({ GROQ_API_KEY: "k" }))[2]).toBe("Without a key: together, openai, anthropic");
});
