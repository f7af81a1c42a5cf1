/** Whether every candidate stands in every place equally often: chi square over all seeds, at one in a thousand for all tables together. */
import type { Finding } from "./checks/tally.ts";

const LEVEL = 0.001;
/** Tables with fewer orders say nothing. */
const LEAST = 60;

/** Upper tail of chi square, by Wilson and Hilferty's cube root and a normal tail. */
export function tailOf(statistic: number, freedom: number): number {
  const z = (Math.cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const tail = density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? tail : 1 - tail;
}

export function evenness(places: ReadonlyMap<string, number>): { findings: Finding[]; orders: number } {
  const sizes = [...new Set([...places.keys()].map((key) => Number(key.split("/")[0])))].toSorted((a, b) => a - b);
  const findings: Finding[] = [];
  let orders = 0;
  for (const size of sizes) {
    const count = (own: number, shown: number): number => places.get(`${size}/${own}/${shown}`) ?? 0;
    const indices = Array.from({ length: size }, (_, index) => index);
    const total = indices.reduce((sum, shown) => sum + count(0, shown), 0);
    orders += total;
    if (total < LEAST) continue;
    const expected = total / size;
    const raw = indices.reduce(
      (sum, own) => sum + indices.reduce((part, shown) => part + (count(own, shown) - expected) ** 2 / expected, 0),
      0,
    );
    const p = tailOf((raw * (size - 1)) / size, (size - 1) ** 2);
    if (p < LEVEL / sizes.length)
      findings.push({
        invariant: "I14",
        seed: 0,
        run: null,
        text: `orders of ${size} candidates are not even (p = ${p.toExponential(1)} over ${total})`,
      });
  }
  return { findings, orders };
}
