/** Local models: proved before the first byte, loading is no outage, and a relay is found out. */
import { expect, test } from "vitest";
import type { LocalProof, Provider } from "../../src/providers/provider.ts";
import { type FakeProvider, failure, FREE, orderOf, reply, seatOf, settle, world, type World } from "./fakes.ts";

const PROVED: LocalProof = { proved: true, contextTokens: 8192, capabilities: [] };
const REMOTE: LocalProof = { proved: false, reason: "privacy-excluded", detail: "it has a remote host" };
const local = { privacy: "local-only" as const, hosts: new Set<string>() };
const home = seatOf("home/m", 1, { local: true });

function withHome(
  proof: () => LocalProof,
  more: Partial<Provider> = {},
  step = { ms: 5 },
): World & { home: FakeProvider; proofs: number[] } {
  const made = world();
  const proofs: number[] = [];
  made.facts["home/m"] = FREE;
  const provider = made.add("home", () => step, {
    local: true,
    prove: () => {
      proofs.push(made.clock.now());
      return Promise.resolve(proof());
    },
    ...more,
  });
  return { ...made, home: provider, proofs };
}

test("a proof comes before the first prompt byte, and holds for a while", async () => {
  const { clock, panel, home: provider, proofs } = withHome(() => PROVED);
  const asked = panel();
  expect(asked.status(["home/m"])[0]).toMatchObject({ local: true, local_proved: false });
  for (let n = 0; n < 3; n++) {
    const { outcomes } = await settle(clock, asked.ask(orderOf(clock, [home], { passage: local })));
    expect(outcomes[0]).toMatchObject({ status: "answered", local: true, cost_usd: 0 });
  }
  expect([proofs.length, provider.seen.length, asked.status(["home/m"])[0]?.local_proved]).toEqual([1, 3, true]);
  await clock.advance(60_001);
  expect(asked.status(["home/m"])[0]?.local_proved).toBe(false);
  await settle(clock, asked.ask(orderOf(clock, [home], { passage: local })));
  expect(proofs.length).toBe(2);
});

test("a proof is per model, not per host", async () => {
  const { clock, panel, proofs } = withHome(() => PROVED);
  await settle(clock, panel().ask(orderOf(clock, [home, seatOf("home/other", 2, { local: true })], { passage: local })));
  expect(proofs.length).toBe(2);
});

test("what runs elsewhere gets no prompt byte under local-only, and is marked as not local otherwise", async () => {
  const { clock, panel, home: provider, count } = withHome(() => REMOTE);
  const strict = await settle(clock, panel().ask(orderOf(clock, [home], { passage: local })));
  expect(strict.outcomes[0]).toMatchObject({ reason: "privacy-excluded", attempts: [], local: false, cost_usd: 0 });
  expect([provider.seen.length, strict.ledger.calls, count("egress_refused", { why: "privacy" })]).toEqual([0, 0, 1]);
  const lax = await settle(clock, panel().ask(orderOf(clock, [home])));
  expect(lax.outcomes[0]).toMatchObject({ status: "answered", local: false, cost_usd: null });
});

test("a reply that was relayed voids its proof for good", async () => {
  const { clock, panel, home: provider, proofs } = withHome(() => PROVED);
  provider.script = () => ({ ms: 5, result: reply("yes", { relayedTo: "ollama.com" }) });
  const asked = panel();
  const first = await settle(clock, asked.ask(orderOf(clock, [home], { passage: local })));
  await clock.advance(3_600_000);
  const second = await settle(clock, asked.ask(orderOf(clock, [home], { passage: local })));
  expect([first.outcomes[0], second.outcomes[0]]).toMatchObject([
    { reason: "privacy-excluded", attempts: [{ result: "privacy-excluded" }] },
    { reason: "privacy-excluded", attempts: [] },
  ]);
  expect([provider.seen.length, proofs.length, asked.status(["home/m"])[0]?.local_proved]).toEqual([1, 1, false]);
  expect(asked.unavailable("home/m", local)).toBe("it is not local");
});

test("another service on its port is misconfigured, without a prompt byte and without a mark on the breaker", async () => {
  const { clock, panel, home: provider } = withHome(() => ({ proved: false, reason: "misconfigured", detail: "not an Ollama" }));
  const asked = panel();
  for (let n = 0; n < 6; n++) await settle(clock, asked.ask(orderOf(clock, [home])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, [home])));
  expect(outcomes[0]).toMatchObject({ reason: "misconfigured", attempts: [] });
  expect([provider.seen.length, asked.status(["home/m"])[0]?.breaker.state]).toEqual([0, "closed"]);
});

test("nobody at home counts like a call that reached nobody, and is asked twice at once", async () => {
  const { clock, panel, proofs, add } = withHome(() => ({ proved: false, reason: "unavailable", detail: "refused" }));
  add("b", () => ({ ms: 5 }));
  const asked = panel();
  const order = () => orderOf(clock, [home, "b/m"]);
  const first = await settle(clock, asked.ask(order()));
  expect(first.outcomes[0]).toMatchObject({ reason: "unavailable", attempts: [{ result: "unavailable" }], cost_usd: 0 });
  expect(proofs.length).toBe(2);
  for (let n = 0; n < 4; n++) await settle(clock, asked.ask(order()));
  const sixth = await settle(clock, asked.ask(order()));
  expect(sixth.outcomes[0]).toMatchObject({ reason: "circuit-open", attempts: [] });
});

test("a proof that never comes is a timeout within its limit, and a cut ends it at once", async () => {
  const { clock, panel } = withHome(() => PROVED, { prove: () => new Promise(() => undefined) });
  const slow = await settle(clock, panel().ask(orderOf(clock, [home])));
  expect([slow.outcomes[0], clock.now()]).toMatchObject([{ reason: "timeout" }, 10_000]);
  const order = orderOf(clock, [home]);
  const asked = panel().ask(order);
  await clock.advance(100);
  order.controller.abort("cancelled");
  expect((await settle(clock, asked)).outcomes[0]).toMatchObject({ reason: "cancelled", attempts: [] });
  expect([clock.now(), clock.pending()]).toEqual([10_100, 0]);
});

test("a remote seat under local-only is never called, even when the plan let it through", async () => {
  const { clock, panel, add } = withHome(() => PROVED);
  const remote = add("cloud", () => ({ ms: 1 }));
  const { outcomes, ledger } = await settle(clock, panel().ask(orderOf(clock, ["cloud/m"], { passage: local })));
  expect(outcomes[0]).toMatchObject({ reason: "privacy-excluded", attempts: [] });
  expect([remote.seen.length, ledger.calls]).toEqual([0, 0]);
});

test("a model that has to be loaded first gets a longer limit to its first byte", async () => {
  const {
    clock,
    panel,
    home: provider,
  } = withHome(() => PROVED, { loaded: () => Promise.resolve(false), timeoutMs: 20_000 }, { ms: 60_000 });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, [home], { panelBy: 120_000 })));
  expect([outcomes[0]?.status, provider.seen[0]?.endedAt]).toEqual(["answered", 60_000]);
});

test("a model that is loaded keeps its ordinary limit, and is not looked at again while it answers", async () => {
  let looks = 0;
  const loaded = () => Promise.resolve(++looks > 0);
  const { clock, panel, home: provider } = withHome(() => PROVED, { loaded, timeoutMs: 20_000 });
  const asked = panel();
  for (let n = 0; n < 4; n++) await settle(clock, asked.ask(orderOf(clock, [home])));
  expect(looks).toBe(1);
  provider.script = () => ({ hang: true });
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, [home])));
  expect(outcomes[0]).toMatchObject({ reason: "timeout", detail: "no first byte within 20000 ms" });
});

test("a cold load that was cut short goes on detached, once, and the next run finds it warm", async () => {
  let warm = false;
  let warmed = 0;
  const made = withHome(() => PROVED, {
    loaded: () => Promise.resolve(warm),
    warm: () => {
      warmed += 1;
      return new Promise((resolve) => {
        made.clock.timer(30_000, () => {
          warm = true;
          resolve();
        });
      });
    },
  });
  const { clock, panel, home: provider, logged } = made;
  provider.script = () => (warm ? { ms: 5 } : { hang: true });
  const asked = panel();
  for (let n = 0; n < 2; n++) {
    const { outcomes } = await settle(clock, asked.ask(orderOf(clock, [home], { panelBy: clock.now() + 2000 })));
    expect(outcomes[0]).toMatchObject({ reason: "timeout" });
  }
  expect([warmed, logged.filter((event) => event.startsWith("warm-up"))]).toEqual([1, ["warm-up-start"]]);
  await clock.advance(30_000);
  expect([logged.filter((event) => event.startsWith("warm-up")), clock.pending()]).toEqual([["warm-up-start", "warm-up-end"], 0]);
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, [home], { panelBy: clock.now() + 2000 })));
  expect(outcomes[0]).toMatchObject({ status: "answered" });
});

test("a warm-up is bounded in time, and ends when the panel closes", async () => {
  const aborts: number[] = [];
  const made = withHome(() => PROVED, {
    loaded: () => Promise.resolve(false),
    warm: (_model, _numCtx, io) =>
      new Promise((_, reject) => {
        io.signal.addEventListener("abort", () => {
          aborts.push(made.clock.now());
          reject(new Error("aborted"));
        });
      }),
  });
  const { clock, panel, home: provider } = made;
  provider.script = () => ({ hang: true });
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, [home], { panelBy: 1000 })));
  await clock.runAll();
  expect([aborts, clock.pending()]).toEqual([[301_000], 0]);
  await settle(clock, asked.ask(orderOf(clock, [home], { panelBy: clock.now() + 1000 })));
  asked.close?.();
  await clock.flush();
  expect([aborts.length, clock.pending()]).toEqual([2, 0]);
});

test("a warm model that fails is not warmed up", async () => {
  let warmed = 0;
  const {
    clock,
    panel,
    home: provider,
  } = withHome(() => PROVED, { loaded: () => Promise.resolve(true), warm: () => Promise.resolve(void warmed++) });
  provider.script = () => ({ ms: 5, result: failure("unavailable") });
  await settle(clock, panel().ask(orderOf(clock, [home])));
  expect(warmed).toBe(0);
});

test("once a cold model speaks, its ordinary limit runs from there", async () => {
  const { clock, panel, home: provider } = withHome(() => PROVED, { loaded: () => Promise.resolve(false), timeoutMs: 20_000 });
  provider.script = () => ({ hang: true, headersMs: 60_000 });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, [home], { panelBy: 600_000 })));
  expect([outcomes[0], clock.now(), clock.pending()]).toMatchObject([
    { reason: "timeout", detail: "not finished within 20000 ms" },
    80_000,
    0,
  ]);
});

test("a proof gets no more time than an attempt", async () => {
  const { clock, panel } = withHome(() => PROVED, { prove: () => new Promise(() => undefined), timeoutMs: 700 });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, [home])));
  expect([outcomes[0], clock.now()]).toMatchObject([{ reason: "timeout", attempts: [{ ended_ms: 700 }] }, 700]);
});

test("an outage is not remembered as a proof that failed", async () => {
  let up = false;
  const { clock, panel } = withHome(() => (up ? PROVED : { proved: false, reason: "unavailable", detail: "refused" }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, [home])));
  up = true;
  expect((await settle(clock, asked.ask(orderOf(clock, [home])))).outcomes[0]).toMatchObject({ status: "answered" });
});
