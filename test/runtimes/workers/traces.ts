/** Traces of a few simulated worlds, told by whatever runtime this is loaded in. Knows no test runner. */
import { play } from "../../simulation/play.ts";
import { makeWorld } from "../../simulation/world.ts";

/** Some of every theme. */
export const SEEDS: readonly number[] = Array.from({ length: 60 }, (_, index) => index + 1);

export async function traces(): Promise<number[]> {
  const hashes: number[] = [];
  for (const seed of SEEDS) hashes.push((await play(makeWorld(seed))).hash);
  return hashes;
}
