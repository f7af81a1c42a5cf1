/** Who plays whom, and who won: pairs, points, the Condorcet winner. Pure counting; asks nobody. */

export type Pair = [number, number];
export interface Game {
  pair: Pair;
  /** null = tie: the two orders disagreed, or could not be read */
  winner: number | null;
  readable: boolean;
  reason: string | null;
}

/** Up to so many candidates every pair is compared: 45 pairs. */
const ROUND_ROBIN = 10;
/** More candidates play their next two neighbours on a ring, and the best of these rounds play each other. */
const RING_REACH = 2;
const FINALISTS = 6;

/** Every pair of the given players. */
export function everyPair(players: number[]): Pair[] {
  return players.flatMap((a, place) => players.slice(place + 1).map((b): Pair => [a, b]));
}

const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
export const isRoundRobin = (count: number): boolean => count <= ROUND_ROBIN;

/** The first round: all of it, where there are few players. */
export function firstRound(count: number): Pair[] {
  const players = numbered(count);
  if (isRoundRobin(count)) return everyPair(players);
  return numbered(RING_REACH).flatMap((step) => players.map((player): Pair => [player, (player + step + 1) % count]));
}

/** Calls that ranking so many candidates takes at most on one adjudicator, two a pair: for the plan, before the first call. */
export function rankCalls(count: number): number {
  return 2 * (firstRound(count).length + (isRoundRobin(count) ? 0 : everyPair(numbered(FINALISTS)).length));
}

/** A win 1, a tie ½: within one round everybody plays the same number of games. */
function pointsOf(player: number, games: Game[]): number {
  return games.reduce(
    (sum, { pair, winner }) => sum + (pair.includes(player) ? (winner === player ? 1 : winner === null ? 0.5 : 0) : 0),
    0,
  );
}

/** Those who play the second round, best first. */
export function finalistsOf(count: number, games: Game[], tieOrder: (a: number, b: number) => number): number[] {
  const points = numbered(count).map((player) => pointsOf(player, games));
  return numbered(count)
    .sort((a, b) => (points[b] ?? 0) - (points[a] ?? 0) || tieOrder(a, b))
    .slice(0, FINALISTS);
}

/** The one that beats every other, else the one with the most points, the first of equals in `tieOrder`. Null when all are level. */
export function bestOf(
  players: number[],
  games: Game[],
  tieOrder: (a: number, b: number) => number,
): { player: number; condorcet: boolean } | null {
  const among = games.filter(({ pair }) => pair.every((player) => players.includes(player)));
  const champion = players.find((player) => among.filter(({ winner }) => winner === player).length === players.length - 1);
  if (champion !== undefined) return { player: champion, condorcet: true };
  const points = players.map((player) => pointsOf(player, among));
  const most = Math.max(...points);
  if (Math.min(...points) === most) return null;
  const first = players.filter((_, place) => points[place] === most).sort(tieOrder)[0];
  return first === undefined ? null : { player: first, condorcet: false };
}
