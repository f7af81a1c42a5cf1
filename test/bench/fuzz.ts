/** `node test/bench/fuzz.ts [cases] [seed]`: many requests made of the contract, put to the service in this process; prints what came back and every reply outside of the contract. */
import * as fc from "fast-check";
import { cases, openTarget } from "../http/fuzz-kit.ts";

const [count = "20000", seed = "1"] = process.argv.slice(2);
const target = await openTarget();
const found = new Map<string, string>();
const from = performance.now();
for (const one of fc.sample(cases, { numRuns: Number(count), seed: Number(seed) })) {
  const wrong = await target.put(one);
  if (wrong !== null && !found.has(wrong.slice(0, 100)))
    found.set(wrong.slice(0, 100), `${wrong}\n    ${JSON.stringify(one).slice(0, 600)}`);
}
console.log(`${count} cases, seed ${seed}, ${((performance.now() - from) / 1000).toFixed(0)} s`);
console.log(Object.fromEntries([...target.statuses].sort(([a], [b]) => a - b)));
for (const wrong of found.values()) console.log(wrong);
console.log(found.size === 0 ? "Every reply is as the contract says." : `${found.size} kinds of replies are outside of the contract.`);
await target.close();
process.exit(found.size === 0 ? 0 : 1);
