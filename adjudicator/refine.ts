/** Bends the weights of the unlabelled model toward what feedback showed: members that err together are worth less together. Never moves without labels. */
import type { Evidence, Pattern } from "./evidence.ts";
import { judge, type Model } from "./one-coin.ts";

/** Strength of the pull back to the unlabelled model, in labelled runs. */
const PULL = 2;
const STEPS = 25;

export function refine({ patterns }: Evidence, start: Model): Model {
  const labelled = patterns.filter((pattern) => pattern.right !== null);
  if (labelled.length === 0) return start;
  const total = labelled.reduce((sum, pattern) => sum + pattern.weight, 0);
  const model: Model = { weights: [...start.weights], bias: start.bias };
  const rate = 1 / (PULL + total / 4);
  for (let step = 0; step < STEPS; step++) {
    const slope = slopeOf(labelled, model);
    for (const [index, weight] of model.weights.entries())
      model.weights[index] = weight + rate * ((slope.weights[index] ?? 0) - PULL * (weight - (start.weights[index] ?? 0)));
    model.bias += rate * (slope.bias - PULL * (model.bias - start.bias));
  }
  return model;
}

/** Gradient of the log-chance of what feedback named. */
function slopeOf(labelled: Pattern[], model: Model): Model {
  const slope: Model = { weights: model.weights.map(() => 0), bias: 0 };
  for (const pattern of labelled) {
    const chances = judge(pattern, model);
    const none = 1 - chances.reduce((sum, chance) => sum + chance, 0);
    slope.bias += pattern.weight * ((pattern.right === -1 ? 1 : 0) - none);
    for (const [index, found] of pattern.classes.entries())
      if (found >= 0)
        slope.weights[index] = (slope.weights[index] ?? 0) + pattern.weight * ((found === pattern.right ? 1 : 0) - (chances[found] ?? 0));
  }
  return slope;
}
