/** What is known of local models: whether they are proved to run here, whether they are in memory. Sends no prompt byte. */
import type { Passage } from "../egress/egress.ts";
import { alarm, type Cutoff } from "../core/time.ts";
import type { CallIo, LocalProof, Provider } from "../providers/provider.ts";
import { AttemptAbort, type AttemptPorts, failureOfThrown } from "./attempt.ts";
import type { Cut } from "./cut.ts";
import type { PanelKnobs } from "./knobs.ts";

export interface LocalTarget {
  member: string;
  provider: Provider;
  model: string;
  numCtx: number | null;
}
type Knobs = Pick<PanelKnobs, "proveMs" | "proofTtlMs" | "warmTtlMs" | "coldMs">;
type Look<Found> = (io: CallIo) => Promise<Found>;

const RELAYED: LocalProof = { proved: false, reason: "privacy-excluded", detail: "it was seen to relay to another host" };

export class Locals {
  readonly #ports: AttemptPorts;
  readonly #knobs: Knobs;
  readonly #proofs = new Map<string, { proof: LocalProof; until: number }>();
  readonly #warmUntil = new Map<string, number>();
  readonly #warming = new Map<string, AbortController>();

  constructor(ports: AttemptPorts, knobs: Knobs) {
    this.#ports = ports;
    this.#knobs = knobs;
  }

  /** null = the provider needs no proof; a proof is asked for once, then kept until it runs out */
  async prove(target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<LocalProof | null> {
    if (target.provider.prove === undefined) return null;
    const kept = this.#fresh(target.member);
    if (kept !== null) return kept;
    let proof = await this.#askProof(target, passage, cutoff);
    // an idle connection may have died unseen: a proof carries nothing, so a second one costs nothing
    if (!proof.proved && proof.reason === "unavailable" && cutoff.reason === null) proof = await this.#askProof(target, passage, cutoff);
    // only what the server itself said is kept: an outage must not outlive its end
    if (proof.proved || proof.reason === "privacy-excluded")
      this.#proofs.set(target.member, { proof, until: this.#ports.clock.now() + this.#knobs.proofTtlMs });
    return proof;
  }

  /** true when the model is known not to be in memory */
  async cold(target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<boolean> {
    const { provider, member, model } = target;
    if (provider.loaded === undefined || this.#isWarm(member)) return false;
    const look: Look<boolean | null> = async (io) => (await provider.loaded?.(model, io)) ?? null;
    return (await this.#look(target, passage, look, cutoff).catch(() => null)) === false;
  }

  /** an answer came, so it is in memory; a relayed one breaks the proof, which is then not believed again in this process */
  answered(target: LocalTarget, relayed: boolean): void {
    this.#warmUntil.set(target.member, this.#ports.clock.now() + this.#knobs.warmTtlMs);
    if (relayed && this.#fresh(target.member)?.proved) this.#proofs.set(target.member, { proof: RELAYED, until: Number.POSITIVE_INFINITY });
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

  async #askProof(target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<LocalProof> {
    const { proveMs } = this.#knobs;
    try {
      const look: Look<LocalProof | null> = async (io) => (await target.provider.prove?.(target.model, io)) ?? null;
      const proof = await this.#look(target, passage, look, cutoff);
      return proof ?? { proved: false, reason: "timeout", detail: `no proof of running locally within ${proveMs} ms` };
    } catch (error) {
      const { reason, detail } = failureOfThrown(error, this.#ports.log, target.provider.name);
      return { proved: false, reason: reason === "privacy-excluded" ? reason : "misconfigured", detail };
    }
  }

  /** one small call under its own limit; null = it did not end in time, or was cut */
  async #look<Found>(target: LocalTarget, passage: Passage, look: Look<Found>, cutoff: Cutoff<Cut>): Promise<Found | null> {
    const { clock, egress } = this.#ports;
    const controller = new AbortController();
    const fetch = egress.open(target.provider.endpoint, passage, { carriesPrompt: false });
    let halt: (by: Cut | "timeout") => void = () => undefined;
    const halted = new Promise<null>((resolve) => {
      halt = (by) => {
        resolve(null);
        controller.abort(new AttemptAbort(by));
      };
    });
    const cancel = alarm(clock, clock.now() + this.#knobs.proveMs, () => halt("timeout"));
    const leave = cutoff.onCut(halt);
    try {
      return await Promise.race([look({ fetch, signal: controller.signal }), halted]);
    } finally {
      cancel();
      leave();
    }
  }
}
