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
export interface Locals {
  /** null = the provider needs no proof; a proof is asked for once, then kept until it runs out */
  prove(target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<LocalProof | null>;
  /** true when the model is known not to be in memory */
  cold(target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<boolean>;
  /** an answer came: it is in memory; `relayed` voids its proof for good, whatever it shows later */
  answered(target: LocalTarget, relayed: boolean): void;
  /** goes on loading after the call that wanted it was cut: detached, bounded, one per member */
  warmUp(target: LocalTarget, passage: Passage): void;
  /** a proof is there and has not run out */
  proved(target: LocalTarget): boolean;
  /** the last proof, or a relayed reply, showed that it runs elsewhere */
  relays(member: string): boolean;
  close(): void;
}
type Knobs = Pick<PanelKnobs, "proveMs" | "proofTtlMs" | "warmTtlMs" | "coldMs">;

const RELAYED: LocalProof = { proved: false, reason: "privacy-excluded", detail: "it was seen to relay to another host" };

export function createLocals(ports: AttemptPorts, knobs: Knobs): Locals {
  const { clock, egress, log } = ports;
  const proofs = new Map<string, { proof: LocalProof; until: number }>();
  const warmUntil = new Map<string, number>();
  const warming = new Map<string, AbortController>();

  /** one small call under its own limit; null = it did not end in time or was cut */
  const look = async <Found>(
    target: LocalTarget,
    passage: Passage,
    ask: (io: CallIo) => Promise<Found>,
    cutoff: Cutoff<Cut>,
  ): Promise<Found | null> => {
    const controller = new AbortController();
    let stop: () => void = () => undefined;
    const stopped = new Promise<null>((resolve) => {
      const halt = (by: Cut | "timeout"): void => {
        resolve(null);
        controller.abort(new AttemptAbort(by));
      };
      const cancel = alarm(clock, clock.now() + knobs.proveMs, () => halt("timeout"));
      const leave = cutoff.onCut(halt);
      stop = () => {
        cancel();
        leave();
      };
    });
    try {
      const fetch = egress.open(target.provider.endpoint, passage, { carriesPrompt: false });
      return await Promise.race([ask({ fetch, signal: controller.signal }), stopped]);
    } finally {
      stop();
    }
  };
  const askProof = async (target: LocalTarget, passage: Passage, cutoff: Cutoff<Cut>): Promise<LocalProof> => {
    const timedOut: LocalProof = { proved: false, reason: "timeout", detail: `no proof of running locally within ${knobs.proveMs} ms` };
    try {
      const proof = await look(target, passage, async (io) => target.provider.prove?.(target.model, io) ?? null, cutoff);
      return proof ?? timedOut;
    } catch (error) {
      const { reason, detail } = failureOfThrown(error, log, target.provider.name);
      return { proved: false, reason: reason === "privacy-excluded" ? reason : "misconfigured", detail };
    }
  };
  const fresh = (member: string): LocalProof | null => {
    const kept = proofs.get(member);
    return kept !== undefined && clock.now() < kept.until ? kept.proof : null;
  };
  return {
    async prove(target, passage, cutoff) {
      if (target.provider.prove === undefined) return null;
      const kept = fresh(target.member);
      if (kept !== null) return kept;
      let proof = await askProof(target, passage, cutoff);
      // an idle connection may have died unseen: a proof carries nothing, so a second one costs nothing
      if (!proof.proved && proof.reason === "unavailable" && cutoff.reason === null) proof = await askProof(target, passage, cutoff);
      // only what the server itself said is kept: an outage must not outlive its end
      if (proof.proved || proof.reason === "privacy-excluded") proofs.set(target.member, { proof, until: clock.now() + knobs.proofTtlMs });
      return proof;
    },
    async cold(target, passage, cutoff) {
      const { provider, member, model } = target;
      if (provider.loaded === undefined || clock.now() < (warmUntil.get(member) ?? 0)) return false;
      const found = await look(target, passage, async (io) => (await provider.loaded?.(model, io)) ?? null, cutoff).catch(() => null);
      return found === false;
    },
    answered(target, relayed) {
      warmUntil.set(target.member, clock.now() + knobs.warmTtlMs);
      // a broken proof is not believed again in this process
      if (relayed && fresh(target.member)?.proved) proofs.set(target.member, { proof: RELAYED, until: Number.POSITIVE_INFINITY });
    },
    warmUp(target, passage) {
      const { member, provider, model, numCtx } = target;
      if (provider.warm === undefined || warming.has(member)) return;
      const controller = new AbortController();
      warming.set(member, controller);
      log("info", "warm-up-start", { member });
      const cancel = alarm(clock, clock.now() + knobs.coldMs, () => controller.abort(new AttemptAbort("timeout")));
      const load = async (): Promise<void> => {
        const fetch = egress.open(provider.endpoint, { privacy: passage.privacy, hosts: new Set() }, { carriesPrompt: false });
        await provider.warm?.(model, numCtx ?? undefined, { fetch, signal: controller.signal });
      };
      void load()
        .then(
          () => warmUntil.set(member, clock.now() + knobs.warmTtlMs),
          () => undefined,
        )
        .then(() => {
          cancel();
          warming.delete(member);
          log("info", "warm-up-end", { member, loaded: clock.now() < (warmUntil.get(member) ?? 0) });
        });
    },
    proved: (target) => target.provider.local && (target.provider.prove === undefined || fresh(target.member)?.proved === true),
    relays: (member) => {
      const kept = fresh(member);
      return kept !== null && !kept.proved;
    },
    close() {
      for (const controller of warming.values()) controller.abort(new AttemptAbort("cancelled"));
    },
  };
}
