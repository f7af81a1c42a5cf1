/** The bounded map: whoever was not used lately goes first. */
import { expect, test } from "vitest";
import { Lately } from "../../src/panel/lately.ts";
import { failure, orderOf, settle, world } from "./fakes.ts";

test("a full map forgets what was not used lately", () => {
  const map = new Lately<number>(3);
  for (const [name, value] of Object.entries({ a: 1, b: 2, c: 3 })) map.set(name, value);
  map.get("a");
  map.set("d", 4);
  expect([...map.entries()]).toEqual([
    ["c", 3],
    ["a", 1],
    ["d", 4],
  ]);
  expect([map.has("b"), map.get("b"), map.get("d")]).toEqual([false, undefined, 4]);
});

test("callers that name ever new models fill no memory and forget no open circuit in use", async () => {
  const { clock, add, panel } = world();
  add("a", (_, { model }) => ({ ms: 1, result: failure("unauthorized", { trips: model === "m" }) }));
  const b = add("b", () => ({ ms: 1 }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  for (let n = 0; n < 1500; n++) {
    await settle(clock, asked.ask(orderOf(clock, [`b/x${n}`])));
    asked.unavailable("a/m", { privacy: "cloud-allowed", hosts: new Set() });
  }
  expect([asked.status(["a/m"])[0]?.breaker.state, b.seen.length]).toEqual(["open", 1501]);
  expect(asked.latency("b/x0")).toBeNull();
});
