/** `privacy: "auto"` through the whole service: personal data anywhere in the prompt keeps a request local, and the report says which kind it was. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openWorld, type World } from "./contract-kit.ts";

const ADDRESS = "jane.roe@mail.example";
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.asked.length = 0;
  world.script = () => "42";
});
const isLocal = (member: string): boolean => member.startsWith("ollama/");
const call = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "c1", type: "function", function: { name: "mail", arguments: JSON.stringify({ to: ADDRESS }) } }],
};

test.each<[string, Record<string, unknown>]>([
  ["in the prompt", { prompt: `Write to ${ADDRESS}.` }],
  [
    "in the arguments of an earlier tool call",
    { messages: [{ role: "user", content: "Go on." }, call, { role: "tool", content: "sent", tool_call_id: "c1" }] },
  ],
])("an address %s keeps the request local and is named by its kind only", async (_where, body) => {
  const { report } = await world.ask({ ...body, privacy: "auto" });
  expect(report?.privacy).toMatchObject({ class: "local-only", tightened_by: ["e-mail"] });
  expect(world.asked.length).toBeGreaterThan(0);
  expect(world.asked.every(isLocal)).toBe(true);
  expect(JSON.stringify(report?.privacy)).not.toContain("jane");
});

test("without personal data an auto request goes to everybody, and says that nothing was seen", async () => {
  const { report } = await world.ask({ prompt: "How many?", privacy: "auto", stop: "all" });
  expect(report?.privacy).toMatchObject({ class: "cloud-allowed", tightened_by: [] });
  expect(world.asked.some((member) => !isLocal(member))).toBe(true);
});
