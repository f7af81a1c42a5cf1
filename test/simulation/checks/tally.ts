/** What a campaign counts: how often the premise of each invariant held, and every violation. */

export interface Finding {
  invariant: string;
  seed: number;
  run: number | null;
  text: string;
}
export interface Tally {
  hold(invariant: string, times?: number): void;
  fail(invariant: string, run: number | null, text: string): void;
  /** one draw of a label's place, for the test of evenness over all seeds: candidates, own place, place shown */
  place(candidates: number, own: number, shown: number): void;
}

export class Book implements Tally {
  seed = 0;
  readonly held = new Map<string, number>();
  readonly findings: Finding[] = [];
  readonly places = new Map<string, number>();
  hold(invariant: string, times = 1): void {
    if (times > 0) this.held.set(invariant, (this.held.get(invariant) ?? 0) + times);
  }
  fail(invariant: string, run: number | null, text: string): void {
    if (this.findings.length < 1000) this.findings.push({ invariant, seed: this.seed, run, text });
  }
  place(candidates: number, own: number, shown: number): void {
    const key = `${candidates}/${own}/${shown}`;
    this.places.set(key, (this.places.get(key) ?? 0) + 1);
  }
}
