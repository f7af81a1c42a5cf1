/** What is known of local models: whether they are proved to run here, whether they are in memory. Sends no prompt byte. */
import type { Passage } from "../egress/egress.ts";
import { alarm, type Cutoff } from "../core/time.ts";
import type { CallIo, LocalProof, Provider } from "../providers/provider.ts";
import { AttemptAbort, type AttemptPorts, failureOfThrown } from "./attempt.ts";
import type { Cut } from "./cut.ts";
import type { PanelKnobs } from "./knobs.ts";
import { Lately } from "./lately.ts";

export interface LocalTarget {
  member: string;
  provider: Provider;
  model: string;
  numCtx: number | null;
}
export interface Asking {
  passage: Passage;
  cutoff: Cutoff<Cut>;
  /** ms that one attempt of this seat may take: a proof gets no more */
  limitMs: number;
}
type Knobs = Pick<PanelKnobs, "proveMs" | "proofTtlMs" | "warmTtlMs" | "coldMs">;
type Look<Found> = (io: CallIo) => Promise<Found>;

const RELAYED: LocalProof = { proved: false, reason: "privacy-excluded", detail: "it was seen to relay to another host" };

export class Locals {
  readonly #ports: AttemptPorts;
  readonly #knobs: Knobs;
  readonly #proofs = new Lately<{ proof: LocalProof; until: number }>();
  /** broke their proof: never believed again in this process */
  readonly #relayed = new Set<string>();
  readonly #warmUntil = new Lately<number>();
  readonly #warming = new Map<string, AbortController>();

  constructor(ports: AttemptPorts, knobs: Knobs) {
    this.#ports = ports;
    this.#knobs = knobs;
  }

  /** null = the provider needs no proof; a proof is asked for once, then kept until it runs out */
  async prove(target: LocalTarget, asking: Asking): Promise<LocalProof | null> {
    if (target.provider.prove === undefined) return null;
    const kept = this.#fresh(target.member);
    if (kept !== null) return kept;
    let proof = await this.#askProof(target, asking);
    // an idle connection may have died unseen: a proof carries nothing, so a second one costs nothing
    if (!proof.proved && proof.reason === "unavailable" && asking.cutoff.reason === null) proof = await this.#askProof(target, asking);
    // seen to relay while this proof was under way
    if (this.#relayed.has(target.member)) return RELAYED;
    // only what the server itself said is kept: an outage must not outlive its end
    if (proof.proved || proof.reason === "privacy-excluded")
      this.#proofs.set(target.member, { proof, until: this.#ports.clock.now() + this.#knobs.proofTtlMs });
    else if (proof.reason === "misconfigured") this.#proofs.set(target.member, { proof, until: 0 });
    return proof;
  }

  /** true when the model is known not to be in memory */
  async cold(target: LocalTarget, asking: Asking): Promise<boolean> {
    const { provider, member, model } = target;
    if (provider.loaded === undefined || this.#isWarm(member)) return false;
    const look: Look<boolean | null> = async (io) => (await provider.loaded?.(model, io)) ?? null;
    return (await this.#look(target, asking, look).catch(() => null)) === false;
  }

  /** an answer came, so it is in memory; a relayed one breaks the proof */
  answered(target: LocalTarget, relayed: boolean): void {
    this.#warmUntil.set(target.member, this.#ports.clock.now() + this.#knobs.warmTtlMs);
    // the proof may have run out while it answered
    if (relayed && this.#proofs.get(target.member)?.proof.proved) this.#relayed.add(target.member);
  }

  /** goes on loading after the call that wanted it was cut: detached, bounded, one per member */
  warmUp(target: LocalTarget, passage: Passage): void {
    const { member, provider } = target;
    if (provider.warm === undefined || this.#warming.has(member)) return;
    const { clock, log } = this.#ports;
    const controller = new AbortController();
    this.#warming.set(member, controller);
    log("info", "warm-up-start", { member });
    const cancel = alarm(clock, clock.now() + this.#knobs.coldMs, () => controller.abort(new AttemptAbort("timeout")));
    void this.#load(target, passage, controller.signal).then((loaded) => {
      cancel();
      this.#warming.delete(member);
      if (loaded) this.#warmUntil.set(member, clock.now() + this.#knobs.warmTtlMs);
      log("info", "warm-up-end", { member, loaded });
    });
  }

  /** a proof is there and has not run out */
  proved({ provider, member }: LocalTarget): boolean {
    return provider.local && (provider.prove === undefined || this.#fresh(member)?.proved === true);
  }

  /** the last proof, or a relayed reply, showed that it runs elsewhere */
  relays(member: string): boolean {
    return this.#fresh(member)?.proved === false;
  }

  close(): void {
    for (const controller of this.#warming.values()) controller.abort(new AttemptAbort("cancelled"));
  }

  #isWarm(member: string): boolean {
    return this.#ports.clock.now() < (this.#warmUntil.get(member) ?? 0);
  }

  #fresh(member: string): LocalProof | null {
    if (this.#relayed.has(member)) return RELAYED;
    const kept = this.#proofs.get(member);
    return kept !== undefined && this.#ports.clock.now() < kept.until ? kept.proof : null;
  }

  async #load({ provider, model, numCtx }: LocalTarget, { privacy }: Passage, signal: AbortSignal): Promise<boolean> {
    try {
      const fetch = this.#ports.egress.open(provider.endpoint, { privacy, hosts: new Set() }, { carriesPrompt: false });
      await provider.warm?.(model, numCtx ?? undefined, { fetch, signal });
      return true;
    } catch {
      return false;
    }
  }

  async #askProof(target: LocalTarget, asking: Asking): Promise<LocalProof> {
    try {
      const look: Look<LocalProof | null> = async (io) => (await target.provider.prove?.(target.model, io)) ?? null;
      const proof = await this.#look(target, asking, look);
      return proof ?? { proved: false, reason: "timeout", detail: `no proof of running locally within ${this.#limitOf(asking)} ms` };
    } catch (error) {
      const { reason, detail } = failureOfThrown(error, this.#ports.log, target.provider.name);
      return { proved: false, reason: reason === "privacy-excluded" ? reason : "misconfigured", detail };
    }
  }

  #limitOf({ limitMs }: Asking): number {
    return Math.min(limitMs, this.#knobs.proveMs);
  }

  /** one small call under its own limit; null = it did not end in time, or was cut */
  async #look<Found>(target: LocalTarget, asking: Asking, look: Look<Found>): Promise<Found | null> {
    const { clock, egress } = this.#ports;
    const controller = new AbortController();
    const fetch = egress.open(target.provider.endpoint, asking.passage, { carriesPrompt: false });
    let halt: (by: Cut | "timeout") => void = () => undefined;
    const halted = new Promise<null>((resolve) => {
      halt = (by) => {
        resolve(null);
        controller.abort(new AttemptAbort(by));
      };
    });
    const cancel = alarm(clock, clock.now() + this.#limitOf(asking), () => halt("timeout"));
    const leave = asking.cutoff.onCut(halt);
    try {
      return await Promise.race([look({ fetch, signal: controller.signal }), halted]);
    } finally {
      cancel();
      leave();
    }
  }
}
