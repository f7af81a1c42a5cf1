/** Privacy and secrets: who was reached under which class, what was proved first, and that no key comes out (I18–I20, I39). */
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import { callsOf, endOf } from "./view.ts";

const isLocal = ({ host }: NetCall): boolean => host.startsWith("127.0.0.1:");
const RANK = ["local-only", "auto", "cloud-allowed"];

/** The strictest of configuration and request; null = left to the brake. */
function classOf({ world }: Played, run: PlayedRun): string | null {
  const asked = (run.plan.body["privacy"] as string | undefined) ?? world.settings.privacy;
  const strictest = RANK[Math.min(RANK.indexOf(asked), RANK.indexOf(world.settings.privacy))] ?? "";
  if (strictest !== "auto") return strictest;
  return run.report?.privacy.class ?? null;
}

export function localEgress(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const calls = callsOf(played, run);
    const privacy = classOf(played, run);
    if (privacy === "local-only") {
      tally.hold("I18");
      for (const call of calls) if (!isLocal(call)) tally.fail("I18", run.plan.index, `${call.host} was called under local-only`);
    }
    if (run.report === null || calls.some((call) => call.ended === null)) continue;
    const hosts = [...new Set(calls.filter(({ sent }) => sent).map(({ host }) => host))].sort();
    if (hosts.join() !== run.report.privacy.hosts.join())
      tally.fail(
        "I18",
        run.plan.index,
        `the report names ${run.report.privacy.hosts.join() || "nobody"}, the network saw ${hosts.join() || "nobody"}`,
      );
  }
}

export function lattice(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    if (run.report === null) continue;
    const asked = (run.plan.body["privacy"] as string | undefined) ?? played.world.settings.privacy;
    const strictest = RANK[Math.min(RANK.indexOf(asked), RANK.indexOf(played.world.settings.privacy))] ?? "";
    if (strictest === "auto") continue;
    tally.hold("I19");
    if (run.report.privacy.class !== strictest) tally.fail("I19", run.plan.index, `${run.report.privacy.class} instead of ${strictest}`);
  }
}

const PROOF_MS = 60_000;

export function proofFirst(played: Played, tally: Tally): void {
  const proofs = new Map<string, { at: number; good: boolean }[]>();
  const relays = new Map<string, number>();
  for (const call of played.calls) {
    if (call.provider !== "ollama") continue;
    // an outage says nothing about where it runs; another service, or a relay, does
    if (call.kind === "show" && call.ended === "done" && call.plan.fault !== "proof-500")
      proofs.set(call.model, [...(proofs.get(call.model) ?? []), { at: endOf(call), good: call.plan.fault === null }]);
    if (call.kind === "chat" && call.ended === "done" && call.plan.relay)
      relays.set(call.model, Math.min(relays.get(call.model) ?? Infinity, endOf(call)));
  }
  for (const run of played.runs) {
    if (classOf(played, run) !== "local-only") continue;
    for (const call of callsOf(played, run)) {
      if (call.provider !== "ollama") continue;
      tally.hold("I20");
      const before = (proofs.get(call.model) ?? []).filter(({ at, good }) => at < call.startedAt || (good && at === call.startedAt));
      const last = before.at(-1);
      const name = `${call.model} at ${call.startedAt}`;
      if (last === undefined || !last.good) tally.fail("I20", run.plan.index, `${name}: prompt bytes before a proof`);
      else if (call.startedAt - last.at > PROOF_MS) tally.fail("I20", run.plan.index, `${name}: prompt bytes on a proof that had run out`);
      if ((relays.get(call.model) ?? Infinity) < call.startedAt)
        tally.fail("I20", run.plan.index, `${name}: prompt bytes after it was seen to relay`);
    }
  }
}

const WINDOW = 12;
function spellings(key: string): string[] {
  return [
    key,
    Buffer.from(key).toString("base64"),
    Buffer.from(key).toString("hex"),
    [...key].toReversed().join(""),
    encodeURIComponent(key),
  ];
}
/** One world in so many is searched: every byte that left, for every part of every key. */
const ONE_IN = 25;

export function noSecretOut(played: Played, tally: Tally): void {
  if (played.world.seed % ONE_IN !== 0) return;
  const out = [
    ...played.runs.map((run) => JSON.stringify(run.events)),
    ...played.runs.map((run) => (run.thrown === null ? "" : String(run.thrown))),
    ...played.logs,
    ...(played.store?.saved.map(({ json, excerpt }) => json + excerpt) ?? []),
    ...played.counters.keys(),
  ].join("\n");
  for (const key of played.world.keys) {
    tally.hold("I39", played.calls.some((call) => Object.values(call.headers).some((value) => value.includes(key))) ? 1 : 0);
    for (const spelled of spellings(key))
      for (let at = 0; at + WINDOW <= spelled.length; at += 1)
        if (out.includes(spelled.slice(at, at + WINDOW))) {
          tally.fail("I39", null, `a part of a key came out: ${spelled.slice(at, at + 4)}…`);
          return;
        }
  }
}
