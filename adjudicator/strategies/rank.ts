/** `rank`: candidates are compared in pairs, each pair in both orders; the one that beats all others wins, else the one with the most points. */
import { PROMPTS } from "../../prompts/index.ts";
import { labelsFor, shuffled } from "../labels.ts";
import { bestOf, everyPair, finalistsOf, firstRound, type Game, isRoundRobin, type Pair } from "../tournament.ts";
import type { AdjudicatorSeat, Candidate } from "../types.ts";
import { type AskOnce, climb, type Rung } from "./climb.ts";
import { compare, type Comparison, fitFor } from "./judging.ts";
import { trimmedFor } from "./pick.ts";
import type { Strategy, StrategyStep, StrategyTask } from "./strategy.ts";

/** Pairs compared at the same time, two calls each. */
const AT_ONCE = 4;

interface Standing {
  seat: number;
  reason: string | null;
}
type Played = { status: "played"; games: Game[] } | { status: "failed"; reason: string; detail: string };
/** One adjudicator's ranking under way. */
interface Court {
  task: StrategyTask;
  field: Candidate[];
  seat: AdjudicatorSeat;
  ask: AskOnce;
  trimmed: () => void;
}

/** The last tie rule, as everywhere: the greater weight, then the more reliable, then the operator's order. */
const standsBefore = (a: Candidate, b: Candidate): number =>
  b.weight - a.weight || (b.reliability ?? 0) - (a.reliability ?? 0) || a.order - b.order;

async function play({ task: { input }, field, seat, ask, trimmed }: Court, pair: Pair): Promise<Comparison> {
  const candidates = pair.map((player) => field[player]).filter((candidate) => candidate !== undefined);
  const fitted = fitFor(seat, PROMPTS.rank, input, candidates);
  if (fitted.trimmed) trimmed();
  const { comparison } = await compare({ prompt: PROMPTS.rank, input, candidates, fitted, orders: 2, allowNone: false, ask });
  return comparison;
}

function gameOf(comparison: Exclude<Comparison, { status: "failed" }>, pair: Pair, field: Candidate[]): Game {
  const named = comparison.status === "named" ? field.findIndex((candidate) => candidate.seat === comparison.seat) : -1;
  const reason = comparison.status === "named" ? comparison.reason : null;
  return { pair, winner: named < 0 ? null : named, readable: comparison.status !== "unusable", reason };
}

/** A call that fails ends the round, so that no further money is spent on that adjudicator. */
async function playRound(court: Court, pairs: Pair[]): Promise<Played> {
  const games: Game[] = [];
  for (let from = 0; from < pairs.length; from += AT_ONCE) {
    const batch = pairs.slice(from, from + AT_ONCE);
    const comparisons = await Promise.all(batch.map((pair) => play(court, pair)));
    for (const [place, comparison] of comparisons.entries()) {
      if (comparison.status === "failed") return comparison;
      games.push(gameOf(comparison, batch[place] ?? [0, 0], court.field));
    }
  }
  return { status: "played", games };
}

/** Everybody against everybody, or for many candidates a first round on a ring and a final of its best. */
async function playAll(court: Court, tieOrder: (a: number, b: number) => number): Promise<Played & { players: number[] }> {
  const everybody = court.field.map((_, index) => index);
  const first = await playRound(court, firstRound(everybody.length));
  if (first.status === "failed" || isRoundRobin(everybody.length)) return { ...first, players: everybody };
  const players = finalistsOf(everybody.length, first.games, tieOrder);
  const met = (a: number, b: number): boolean => first.games.some(({ pair }) => pair.includes(a) && pair.includes(b));
  const final = await playRound(
    court,
    everyPair(players).filter(([a, b]) => !met(a, b)),
  );
  return final.status === "failed" ? { ...final, players } : { status: "played", games: [...first.games, ...final.games], players };
}

async function rungOf(task: StrategyTask, seat: AdjudicatorSeat, ask: AskOnce, trimmed: () => void): Promise<Rung<Standing>> {
  const field = shuffled(task.field, task.input.random);
  const labels = Object.fromEntries(labelsFor(field.length).map((label, index) => [label, field[index]?.member ?? ""]));
  const tieOrder = (a: number, b: number): number => standsBefore(field[a] as Candidate, field[b] as Candidate);
  const played = await playAll({ task, field, seat, ask, trimmed }, tieOrder);
  const open = { value: null, stable: null, labels };
  if (played.status === "failed") return { ...open, result: played.reason, detail: played.detail };
  const { games, players } = played;
  const unread = games.filter(({ readable }) => !readable).length;
  if (unread * 2 > games.length)
    return { ...open, result: "unusable", detail: `${unread} of ${games.length} comparisons could not be read` };
  const stable = games.every(({ winner, readable }) => winner !== null || !readable);
  const best = bestOf(players, games, tieOrder);
  const winner = best ? field[best.player] : undefined;
  if (!best || !winner) return { ...open, result: "no-ruling", detail: "every candidate stands level", stable };
  const reason = games.find((game) => game.winner === best.player && game.reason !== null)?.reason ?? null;
  return {
    value: { seat: winner.seat, reason },
    result: "ruled",
    detail: best.condorcet ? "beats every other" : "has the most points",
    stable,
    labels,
  };
}

async function decide(task: StrategyTask): Promise<StrategyStep> {
  const degradations: StrategyStep["degradations"] = [];
  const { value, adjudication } = await climb<Standing>(task.input, PROMPTS.rank, 2, (seat, ask) =>
    rungOf(task, seat, ask, () => {
      if (degradations.length === 0) degradations.push(trimmedFor(seat.name));
    }),
  );
  if (value === null && adjudication.order_stable === false)
    degradations.push({ code: "order-disagreement", member: null, detail: "the two orders of the pairs name different candidates" });
  const outcome: StrategyStep["outcome"] = value === null ? { status: "undecided" } : { status: "won", seat: value.seat, how: "ranked" };
  return { outcome, rationale: value?.reason ?? null, adjudications: [adjudication], degradations };
}

export const rank: Strategy = { name: "rank", outranksMajority: true, decide };
