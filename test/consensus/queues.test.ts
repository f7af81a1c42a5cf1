/** A run that every queue would turn away: refused before anything else is done for it, and only then. */
import { expect, test } from "vitest";
import { makePlan } from "../../src/consensus/plan.ts";
import { parseRunRequest, type RequestDefaults } from "../../src/consensus/request.ts";
import { Problem } from "../../src/core/problem.ts";
import { failure, orderOf, settle, world } from "../panel/fakes.ts";

/** Two members with one place each, and as many who wait as may. */
async function crowded() {
  const { clock, add, count, deps, panel } = world();
  add("a", () => ({ ms: 1000 }), { maxConcurrency: 1 });
  add("b", () => ({ ms: 1000 }), { maxConcurrency: 1 });
  add("home", () => ({ ms: 1000 }), { maxConcurrency: 1, local: true });
  const asked = panel({ knobs: { queueFactor: 1 } });
  const crowd = (member: string) => Array.from({ length: 2 }, () => asked.ask(orderOf(clock, [member])));
  const busy = [...crowd("a/m"), ...crowd("b/m")];
  await clock.flush();
  const engine = {
    ...deps,
    panel: asked,
    provider: (name: string) => (deps.providers.has(name) ? { local: name === "home", configured: true } : null),
    reports: null,
    findPersonalData: null,
    settings: { panel: ["a/m", "b/m"], privacy: "cloud-allowed" as const, storeContent: true, simulated: false },
  };
  const defaults: RequestDefaults = {
    panel: ["a/m", "b/m"],
    adjudicators: [],
    fallback: [],
    quorum: 1,
    deadlineMs: 60_000,
    graceMs: 0,
    privacy: "cloud-allowed",
  };
  const plan = (body: object, runId?: string): string => {
    const request = parseRunRequest({ prompt: "How many?", ...body }, defaults);
    const context = { owner: "", requestId: "r", acceptedAt: clock.now(), signal: new AbortController().signal, live: false, runId };
    try {
      return `${makePlan(engine, request, context).seats.length} seats`;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return `${error.slug}, ${error.extras.retryAfterS} s`;
    }
  };
  return { asked, busy, clock, count, crowd, plan };
}

test("a run whose every seat would be turned away is refused before it begins, with a time to come back, and each seat is counted", async () => {
  const { busy, clock, count, plan } = await crowded();
  expect([plan({}), plan({ panel: ["a/m"] }), plan({ panel: ["b/m", "unknown/m"] })]).toEqual(Array(3).fill("overloaded, 5 s"));
  expect(count("shed", { where: "panel" })).toBe(4);
  await settle(clock, Promise.all(busy));
  expect(plan({})).toBe("2 seats");
});

test("a run goes on while one seat has a place, is asked for by a job, or drops for another reason", async () => {
  const { crowd, clock, count, plan } = await crowded();
  expect([plan({ panel: ["a/m", "home/m"] }), plan({}, "run_1"), plan({ panel: ["unknown/m"] })]).toEqual([
    "2 seats",
    "2 seats",
    "1 seats",
  ]);
  expect(plan({ panel: ["a/m", "b/m"], max_cost_usd: 1e-9 })).toMatch("budget-exceeded");
  crowd("home/m");
  await clock.flush();
  // its end has a slug of its own
  expect(plan({ panel: ["home/m"], privacy: "local-only" })).toBe("1 seats");
  expect(count("shed")).toBe(0);
});

test("an open circuit is no queue: such a run is told by its seats", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 1, result: failure("unavailable", { trips: true }) }), { maxConcurrency: 1 });
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  expect(asked.overloaded?.(["a/m"], clock.now() + 1000)).toBe(false);
});
