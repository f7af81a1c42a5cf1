/** The question of every evaluation in plain words: would the panel have beaten its best member? Says so when it would not. Pure. */

interface Mine {
  rule: string;
  rate: number;
  n: number;
  against_best: { difference: number; low: number; high: number; won: number; lost: number };
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const points = (share: number): string => {
  const text = Math.abs(100 * share).toFixed(1);
  return `${text === "0.0" ? "±" : share > 0 ? "+" : "−"}${text}`;
};

export function answerOf({ rule, rate, n, against_best }: Mine, best: { member: string; rate: number }): string {
  const { difference, low, high, won, lost } = against_best;
  const figures = `${rule} ${percent(rate)}, ${best.member} ${percent(best.rate)}, difference ${points(difference)} points`;
  const range = `(95 % interval ${points(low)} to ${points(high)}; ${won} won, ${lost} lost of ${n})`;
  const facts = `${figures} ${range}`;
  if (low > 0) return `Yes: ${facts}.`;
  if (difference > 0) return `Ahead, but not beyond chance: ${facts}. More questions are needed to say yes.`;
  if (difference === 0) return `No: the panel would only have equalled its best member. ${facts}.`;
  if (high < 0) return `No, it would have lost: ${facts}. ${best.member} alone is the better choice here.`;
  return `No, it would have been behind, though not beyond chance: ${facts}.`;
}
