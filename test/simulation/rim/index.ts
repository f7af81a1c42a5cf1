/** A share of the worlds goes through the HTTP rim as well: which ones, what is checked of them, and how one is shown line by line. */
import { errorShape } from "../checks/errors.ts";
import { guardsFirst, sinks } from "../checks/rim.ts";
import type { Tally } from "../checks/tally.ts";
import { chance } from "../seeded.ts";
import type { World } from "../world.ts";
import { playRim, type RimPlayed } from "./play.ts";

const SHARE = 0.05;
/** Of these, so many are played a second time. */
const TWICE = 0.05;
const LINE = 160;

async function played(world: World, tally: Tally): Promise<RimPlayed | null> {
  try {
    return await playRim(world);
  } catch (error) {
    tally.fail("I01", null, `the rim: ${String(error)}`);
    return null;
  }
}

export async function tryRim(world: World, tally: Tally): Promise<void> {
  const rng = chance(world.seed, "rim-share");
  if (!rng.odds(SHARE)) return;
  const first = await played(world, tally);
  if (first === null) return;
  errorShape(first, tally);
  guardsFirst(first, tally);
  sinks(first, tally);
  if (!rng.odds(TWICE)) return;
  const second = await played(world, tally);
  tally.hold("I35");
  if (second?.hash !== first.hash) tally.fail("I35", null, "the rim gives other replies for the same seed");
}

/** What was asked at the rim and at the terminal, and what came back. */
export async function rimLines(world: World): Promise<string[]> {
  if (!chance(world.seed, "rim-share").odds(SHARE)) return [];
  const { exchanges, typed } = await playRim(world);
  return [
    ...exchanges.map(({ kind, ask, note, status, text }) =>
      `rim ${kind} ${ask.method} ${ask.path} ${note} → ${status} ${JSON.stringify(text)}`.slice(0, LINE),
    ),
    ...typed.map(({ argv, out, err }) => `rim gekro ${argv.join(" ")} → ${JSON.stringify(out + err)}`.slice(0, LINE)),
  ];
}
