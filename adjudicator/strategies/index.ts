/** THE ONE LIST of strategies. Imports every strategy, knows nothing about any. */
import { auto } from "./auto.ts";
import { merge } from "./merge.ts";
import { pick } from "./pick.ts";
import { rank } from "./rank.ts";
import type { DecidingStrategy, Strategy } from "./strategy.ts";
import { vote } from "./vote.ts";

export const STRATEGIES: Record<DecidingStrategy, Strategy> = { auto, vote, pick, merge, rank };
