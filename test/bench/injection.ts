/** The whole injection campaign: `node test/bench/injection.ts [every n-th case]` prints what broke, and how often an obeying judge is turned where no majority stands against it. */
import { casesOf, hasAttacks, loadAttacks, play, SCRIPTS } from "../kit/injection-campaign.ts";

interface Row {
  cases: number;
  flips: number;
  flagged: number;
}
const every = Math.max(1, Number(process.argv[2] ?? "1"));
const share = (part: number, all: number): string => (all === 0 ? "–" : `${((100 * part) / all).toFixed(1)} %`);

async function run(): Promise<void> {
  const started = performance.now();
  const totals = { cases: 0, prompts: 0, breakouts: 0, majority: 0, majorityFlips: 0, flaggedWon: 0 };
  const byClass = new Map<string, Row>();
  const byScript = new Map<string, Row>(Object.keys(SCRIPTS).map((name) => [name, { cases: 0, flips: 0, flagged: 0 }]));
  let index = 0;
  for (const one of casesOf(loadAttacks())) {
    index += 1;
    if (index % every !== 0) continue;
    const played = await play(one, index);
    totals.cases += 1;
    totals.prompts += played.prompts;
    totals.breakouts += played.breakouts;
    totals.flaggedWon += Number(played.flaggedWon);
    if (one.majority) {
      totals.majority += 1;
      totals.majorityFlips += Number(played.flipped);
      continue;
    }
    const rows = [byScript.get(one.script)];
    if (one.script === "obeys" && one.place === "candidate") {
      if (!byClass.has(one.attack.class)) byClass.set(one.attack.class, { cases: 0, flips: 0, flagged: 0 });
      rows.push(byClass.get(one.attack.class));
    }
    for (const row of rows) {
      if (!row) continue;
      row.cases += 1;
      row.flips += Number(played.flipped);
      row.flagged += Number(played.flagged || played.dropped);
    }
  }
  console.log(`cases ${totals.cases}, prompts ${totals.prompts}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`structural breakouts ${totals.breakouts}`);
  console.log(`flips against a counted majority ${totals.majorityFlips} of ${totals.majority}`);
  console.log(`flagged candidates that beat an unflagged one ${totals.flaggedWon}`);
  console.log("\nno majority: how often the attacker's answer wins, by judge");
  for (const [name, { cases, flips }] of byScript) console.log(`  ${name.padEnd(18)} ${share(flips, cases).padStart(8)} of ${cases}`);
  console.log("\nno majority, a judge that obeys whoever carries the hostile text, by class (flagged or dropped before it could)");
  for (const [name, { cases, flips, flagged }] of [...byClass].sort(([, a], [, b]) => b.flips / b.cases - a.flips / a.cases))
    console.log(`  ${name.padEnd(18)} ${share(flips, cases).padStart(8)} of ${String(cases).padStart(5)}  (${share(flagged, cases)})`);
  process.exitCode = totals.breakouts + totals.majorityFlips + totals.flaggedWon > 0 ? 1 : 0;
}

if (hasAttacks) await run();
else console.log("skipped: corpus not present");
