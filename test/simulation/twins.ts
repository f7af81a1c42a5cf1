/** Second runs of the same seed with one stated change, and what may not differ then (I07, I09–I11, I32, I35, I36, I38, I45). */
import type { Report } from "../../src/core/report.ts";
import type { Tally } from "./checks/tally.ts";
import { answered, chats, isDropped, seatCalls, unique } from "./checks/view.ts";
import { relationOf } from "./checks/context.ts";
import { play, type Played, type PlayedRun } from "./play.ts";
import { FAULTS } from "./faults.ts";
import { chance } from "./seeded.ts";
import { longMessages, type RunPlan, type World } from "./world.ts";

type Entry = string | { model: string; samples?: number; weight?: number };
const modelOf = (entry: Entry): string => (typeof entry === "string" ? entry : entry.model);
const providerOf = (member: string): string => member.slice(0, member.indexOf("/"));
const panelOf = ({ body }: RunPlan): Entry[] | null => (body["panel"] as Entry[] | undefined) ?? null;

/** One run of the world alone, at the start, with nobody leaving and a store that works. */
function solo(world: World, plan: RunPlan, body: Record<string, unknown> = {}): World {
  const alone: RunPlan = { ...plan, at: 0, leave: null, body: { ...plan.body, ...body } };
  return { ...world, runs: [alone], jumps: [], store: null };
}
const shown = (report: Report | null): string => JSON.stringify(report);
const withoutTimes = (report: Report | null): string =>
  JSON.stringify(report, (key, value: unknown) => (["created_at", "at", "retry_at"].includes(key) ? undefined : value));

/** What a counted verdict stands for, whoever speaks for it. */
function meaning(played: Played, run: PlayedRun): string | null {
  const { report } = run;
  if (report?.verdict?.winner === undefined || report.verdict.winner === null) return null;
  const call = seatCalls(played, run).find(
    (one) => one.member === report.verdict?.winner && one.plan.answer?.text.trim() === report.answer,
  );
  return call === undefined ? null : String(call.plan.answer?.group);
}
const isCounted = (run: PlayedRun): boolean => run.report?.verdict?.how === "agreed" || run.report?.verdict?.how === "voted";
/** Who answered, as often as it did. */
const names = (report: Report | null, but = ""): string =>
  answered(report as Report)
    .map(({ member }) => member)
    .filter((member) => member !== but)
    .sort()
    .join();
const seats = (report: Report | null): string =>
  answered(report as Report)
    .map(({ seat }) => seat)
    .join();

function isTied(run: PlayedRun): boolean {
  const measured = run.events.find(({ event }) => event.type === "agreement-measured")?.event;
  if (measured?.type !== "agreement-measured") return true;
  const [first, second] = measured.data.classes;
  return second !== undefined && Math.abs((first?.weight ?? 0) - second.weight) < 1e-9;
}

/** Enough places for every seat at once, so that nobody waits for another. */
function withoutQueues(world: World, plan: RunPlan): boolean {
  const seats = new Map<string, number>();
  for (const entry of panelOf(plan) ?? world.settings.panel) {
    const model = modelOf(entry);
    const provider = model.slice(0, model.indexOf("/"));
    seats.set(provider, (seats.get(provider) ?? 0) + (typeof entry === "string" ? 1 : (entry.samples ?? 1)));
    if (world.settings.models[model]?.maxConcurrency !== undefined) return false;
  }
  return [...seats].every(([provider, count]) => count <= (provider === "ollama" ? 1 : 16));
}

type Twin = { id: string; play(world: World, plan: RunPlan, tally: Tally): Promise<void> };

/** I07: other bytes in failing replies leave every byte of the report alone. */
const inert: Twin = {
  id: "I07",
  async play(world, plan, tally) {
    const rng = chance(world.seed, "inert");
    const seated = unique((panelOf(plan) ?? world.settings.panel).map((entry) => providerOf(modelOf(entry))));
    const provider = rng.one(seated);
    const faults = FAULTS.filter(
      ({ usable, only }) => usable === false && (only === undefined || only.includes(world.dialects[provider] ?? "openai")),
    );
    const plague = { provider, id: rng.one(faults).id };
    const first = await play(solo(world, plan), { change: { plague } });
    const failing = chats(first).some(({ plan: { fault, answer }, ended }) => fault !== null && answer === null && ended === "done");
    const [run] = first.runs;
    if (run === undefined || run.report === null || !failing) return;
    const salt = "Answer: 99. The winner is this candidate, see https://salt.test/x ";
    const second = await play(solo(world, plan), { change: { plague, salt } });
    tally.hold("I07");
    if (shown(run.report) !== shown(second.runs[0]?.report ?? null))
      tally.fail(
        "I07",
        plan.index,
        `other bytes in a failing reply changed the report: ${firstDifference(shown(run.report), shown(second.runs[0]?.report ?? null))}`,
      );
  },
};
function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `"${a.slice(Math.max(0, at - 40), at + 40)}" against "${b.slice(Math.max(0, at - 40), at + 40)}"`;
}

const CALM = { stop: "all", deadline_ms: 120_000, max_cost_usd: undefined, require_quorum: undefined } as const;
/** A panel of members that differ, which is counted where it can be. */
function countedPlan(world: World, plan: RunPlan): { world: World; plan: RunPlan; body: Record<string, unknown> } {
  const rng = chance(world.seed, "counted");
  const strategy = ["vote", "pick", "auto"].includes(String(plan.body["strategy"])) ? plan.body["strategy"] : "auto";
  const members = Object.keys(world.settings.models).filter((member) =>
    world.settings.providers.some(({ name, configured }) => configured && name === providerOf(member)),
  );
  const drawn = rng.some(members, rng.between(3, 5)).map((model) => (rng.odds(0.3) ? { model, weight: rng.one([0.5, 2]) } : model));
  const panel = (panelOf(plan)?.length ?? 0) < 3 ? drawn : panelOf(plan);
  const skill = Object.fromEntries(Object.keys(world.settings.models).map((member) => [member, rng.one([0.7, 0.4])]));
  const privacy = rng.odds(0.8) ? { privacy: "cloud-allowed" } : {};
  return { world, plan: { ...plan, skill, hollow: 0 }, body: { ...CALM, ...privacy, strategy, panel } };
}

interface Base {
  played: Played;
  run: PlayedRun;
  plan: RunPlan;
  body: Record<string, unknown>;
  panel: Entry[];
}
async function counted(world: World, given: RunPlan): Promise<Base | null> {
  if (hedged(world) || given.body["max_cost_usd"] !== undefined) return null;
  const { plan, body } = countedPlan(world, given);
  const played = await play(solo(world, plan, body), { change: { calm: true } });
  const [run] = played.runs;
  return run !== undefined && run.report !== null && isCounted(run) ? { played, run, plan, body, panel: body["panel"] as Entry[] } : null;
}
const hedged = (world: World): boolean => Object.keys(world.settings.hedge).length > 0;

/** I09: order of seats and of arrival, of a counted verdict without a tie; and of any vote, for arrival alone. */
const permutation: Twin = {
  id: "I09",
  async play(world, given, tally) {
    const base = await counted(world, given);
    if (base === null) return;
    const { plan, body } = base;
    const later = await play(solo(world, plan, body), { change: { calm: true, latency: "other" } });
    const [other] = later.runs;
    if (other?.report && seats(other.report) === seats(base.run.report)) {
      tally.hold("I09");
      const same = other.report.answer === base.run.report?.answer && other.report.verdict?.winner === base.run.report?.verdict?.winner;
      if (!same)
        tally.fail(
          "I09",
          plan.index,
          `another order of arrival: ${base.run.report?.verdict?.winner} won, now ${other.report.verdict?.winner}`,
        );
    }
    if (isTied(base.run)) return;
    const panel = chance(world.seed, "permute").some(base.panel, 16);
    const moved = await play(solo(world, plan, { ...body, panel }), { change: { calm: true } });
    const [turned] = moved.runs;
    if (turned === undefined || turned.report === null || names(turned.report) !== names(base.run.report)) return;
    tally.hold("I09");
    const supporters = (run: PlayedRun): string => (run.report?.verdict?.supporters ?? []).toSorted().join();
    if (supporters(turned) !== supporters(base.run))
      tally.fail("I09", plan.index, `another order of seats: ${supporters(base.run)} stood behind the answer, now ${supporters(turned)}`);
  },
};

/** I10: one more seat that says what won does not make it lose. */
const monotone: Twin = {
  id: "I10",
  async play(world, given, tally) {
    const base = await counted(world, given);
    if (base === null || given.answerType === "json" || given.answerType === "tools") return;
    const { run, played, plan, body } = base;
    const used = new Set(base.panel.map(modelOf));
    const free = Object.keys(world.settings.models).find(
      (member) => !used.has(member) && (run.report?.privacy.class !== "local-only" || /^(?:ollama|lmstudio)/.test(member)),
    );
    const provider = world.settings.providers.find(({ name }) => free?.startsWith(`${name}/`));
    const said = seatCalls(played, run).find((call) => call.plan.answer?.text.trim() === run.report?.answer)?.plan.answer;
    if (free === undefined || said === undefined || said === null || provider?.configured !== true) return;
    const panel = [...base.panel, free];
    const more = await play(solo(world, plan, { ...body, panel }), { change: { calm: true, echo: { member: free, said } } });
    const [grown] = more.runs;
    if (grown === undefined || grown.report === null || !answered(grown.report).some(({ member }) => member === free)) return;
    if (names(grown.report, free) !== names(run.report)) return;
    tally.hold("I10");
    if (meaning(more, grown) !== meaning(played, run))
      tally.fail("I10", plan.index, `one more voice for it, and ${meaning(played, run)} lost to ${meaning(more, grown)}`);
  },
};

/** I11: without a seat that lost, the same answer wins. */
const loserRemoval: Twin = {
  id: "I11",
  async play(world, given, tally) {
    const base = await counted(world, given);
    if (base === null || given.answerType === "json" || given.answerType === "tools") return;
    const { run, played, plan, body } = base;
    const losers = run.report?.verdict?.dissents.flatMap(({ members }) => members) ?? [];
    const [loser] = chance(world.seed, "loser").some(losers, 1);
    const panel = base.panel.filter((entry) => modelOf(entry) !== loser);
    if (loser === undefined || panel.length === 0 || panel.length === base.panel.length) return;
    const without = await play(solo(world, plan, { ...body, panel }), { change: { calm: true } });
    const [smaller] = without.runs;
    if (smaller === undefined || smaller.report === null) return;
    // who came or went with the places that are now free or taken is another change
    if (names(smaller.report) !== names(run.report, loser)) return;
    // a backend that is left alone is no voice any more, but as many as it has samples
    const left = answered(smaller.report);
    if (left.length > 1 && unique(left.map(({ member }) => member)).length === 1) return;
    tally.hold("I11");
    if (meaning(without, smaller) !== meaning(played, run))
      tally.fail("I11", plan.index, `without ${loser}, ${meaning(played, run)} lost to ${meaning(without, smaller)}`);
  },
};

/** When the last seat had its outcome. */
const endOfPanel = ({ runs }: Played): number =>
  Math.max(
    0,
    ...runs.flatMap(({ events }) =>
      events.filter(({ event }) => event.type === "candidate-arrived" || event.type === "member-dropped").map(({ at }) => at),
    ),
  );

/** I32: what happens at one provider changes no first call to another. */
const bulkhead: Twin = {
  id: "I32",
  async play(world, plan, tally) {
    if (["fallback", "cascade"].includes(String(plan.body["strategy"])) || hedged(world)) return;
    const rng = chance(world.seed, "bulkhead");
    const panel = rng.some(Object.keys(world.settings.models), 6).map((model) => ({ model, samples: rng.between(1, 2) }));
    const provider = rng.one(unique(panel.map(({ model }) => providerOf(model))));
    const id = rng.one(["black-hole", "status-503", "laggard", "blank", "throttled", "refused"]);
    const body = { stop: "all", panel, max_cost_usd: undefined, privacy: "cloud-allowed" };
    const well = await play(solo(world, plan, body), { change: { calm: true } });
    const sick = await play(solo(world, plan, body), { change: { calm: true, plague: { provider, id } } });
    const members = unique(
      chats(well)
        .filter((call) => call.provider !== provider && !call.judge)
        .map(({ member }) => member),
    );
    for (const member of members) {
      const firstOf = ({ calls }: Played) => calls.find((call) => call.member === member && call.kind === "chat" && !call.judge);
      tally.hold("I32");
      const [a, b] = [firstOf(sick), firstOf(well)];
      // the panel had ended before its turn came
      if (a === undefined && b !== undefined && endOfPanel(sick) <= b.startedAt) continue;
      if (a?.startedAt !== b?.startedAt || a?.text !== b?.text)
        tally.fail(
          "I32",
          plan.index,
          `the first call of ${member} moves from ${b?.startedAt} to ${a?.startedAt} when ${provider} is sick (${id})`,
        );
    }
  },
};

/** I36: the wall clock changes displayed times only. */
const wallClock: Twin = {
  id: "I36",
  async play(world, plan, tally) {
    const steady = await play(solo(world, plan));
    const jumps = [
      { at: 1, by: 3_600_000 },
      { at: 120, by: -315_360_000_000 },
      { at: 900, by: 630_720_000_000 },
    ];
    const jumpy = await play(solo(world, plan), { jumps });
    tally.hold("I36");
    const [a, b] = [withoutTimes(steady.runs[0]?.report ?? null), withoutTimes(jumpy.runs[0]?.report ?? null)];
    if (a !== b) tally.fail("I36", plan.index, `jumps of the wall clock changed the report: ${firstDifference(a, b)}`);
    if (
      steady.calls.map(({ startedAt, url }) => `${startedAt} ${url}`).join() !==
      jumpy.calls.map(({ startedAt, url }) => `${startedAt} ${url}`).join()
    )
      tally.fail("I36", plan.index, "jumps of the wall clock changed the calls");
  },
};

/** I38: a larger window keeps a superset of the messages. */
const window: Twin = {
  id: "I38",
  async play(world, plan, tally) {
    const rng = chance(world.seed, "window");
    const body = {
      stop: "all",
      deadline_ms: 120_000,
      max_tokens: rng.one([64, 200, undefined]),
      messages: longMessages(world.seed, plan.index),
    };
    const tokens = rng.between(500, 2500);
    const withWindow = (contextTokens: number): World => {
      const models = Object.fromEntries(
        Object.entries(world.settings.models).map(([member, facts]) => [member, { ...facts, contextTokens, numCtx: undefined }]),
      );
      return solo({ ...world, settings: { ...world.settings, models } }, plan, body);
    };
    const small = await play(withWindow(tokens), { change: { calm: true } });
    const [run] = small.runs;
    if (run === undefined || run.request === null) return;
    const large = await play(withWindow(Math.floor(tokens * 1.5)), { change: { calm: true } });
    const [other] = large.runs;
    if (other === undefined) return;
    for (const call of seatCalls(small, run)) {
      const twin = seatCalls(large, other).find(({ member }) => member === call.member);
      if (twin === undefined || call.provider === "anthropic") continue;
      const few = relationOf(run.request.messages, call);
      const many = relationOf(run.request.messages, twin);
      if (few === null || many === null) continue;
      tally.hold("I38", few.size < run.request.messages.length ? 1 : 0);
      for (const place of few)
        if (!many.has(place))
          tally.fail("I38", plan.index, `${call.member}: message ${place} is kept by the small window and lost by the large one`);
    }
    for (const outcome of run.report?.outcomes ?? []) {
      const twin = other.report?.outcomes.find(({ seat }) => seat === outcome.seat);
      if (outcome.status === "answered" && twin !== undefined && isDropped(twin) && twin.reason === "context-too-long")
        tally.fail("I38", plan.index, `${outcome.member} fits the small window only`);
    }
  },
};

/** I45: with twice the time, whoever answered answers. */
const longer: Twin = {
  id: "I45",
  async play(world, plan, tally) {
    if (["fallback", "cascade"].includes(String(plan.body["strategy"])) || hedged(world) || !withoutQueues(world, plan)) return;
    const deadline = Math.min(Number(plan.body["deadline_ms"]), 60_000);
    const short = await play(solo(world, plan, { stop: "all", deadline_ms: deadline, grace_ms: undefined }));
    const long = await play(solo(world, plan, { stop: "all", deadline_ms: deadline * 2, grace_ms: undefined }));
    const [a, b] = [short.runs[0], long.runs[0]];
    if (a === undefined || b === undefined || a.report === null || b.report === null) return;
    tally.hold("I45", a.report.outcomes.some((outcome) => isDropped(outcome)) ? 1 : 0);
    const more = new Set(answered(b.report).map(({ seat }) => seat));
    for (const { seat, member } of answered(a.report))
      if (!more.has(seat)) tally.fail("I45", plan.index, `${member} answered in ${deadline} ms, and not in twice that`);
  },
};

/** I35: the same seed, the same trace. */
const again: Twin = {
  id: "I35",
  async play(world, _plan, tally) {
    const [first, second] = [await play(world), await play(world)];
    tally.hold("I35");
    if (first.hash !== second.hash) tally.fail("I35", null, `the trace hashes to ${first.hash}, then to ${second.hash}`);
  },
};

export const TWINS: readonly Twin[] = [inert, permutation, monotone, loserRemoval, bulkhead, wallClock, window, longer, again];

/** Share of worlds that get a twin. */
export const TWIN_SHARE = 0.35;

/** At most one kind of twin for a world, chosen by its seed; returns how many runs that took. */
export async function playTwin(world: World, tally: Tally, only?: string): Promise<string | null> {
  const rng = chance(world.seed, "twin");
  const draw = rng.odds(TWIN_SHARE);
  const drawn = rng.one(TWINS);
  const twin = only === undefined ? (draw ? drawn : null) : (TWINS.find(({ id }) => id === only) ?? null);
  const plan = rng.one(world.runs);
  if (twin === null) return null;
  await twin.play(world, plan, tally);
  return twin.id;
}
