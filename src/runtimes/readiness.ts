/** Whether somebody could answer right now, for `/readyz`: a remote member on its breaker's word, a local one when its server is there and has the model. Sends no prompt. */
import { splitMember } from "../core/member.ts";
import type { Clock, PrivacyClass } from "../core/ports.ts";
import { within } from "../core/within.ts";
import type { Egress, Passage } from "../egress/egress.ts";
import type { Panel } from "../panel/panel.ts";
import type { CallIo, Provider } from "../providers/provider.ts";

/** A local server that takes longer to say what it has would not answer in time either. */
const PATIENCE_MS = 2_000;
/** Anybody may ask, so it is looked at most this often. */
const KEPT_MS = 2_000;

export interface ReadinessPorts {
  panel: Pick<Panel, "unavailable">;
  providers: ReadonlyMap<string, Provider>;
  egress: Pick<Egress, "open">;
  clock: Clock;
}

/** Ollama says whether it has the model; other local servers say at least that they are there. */
async function has(provider: Provider, model: string, privacy: PrivacyClass, io: CallIo): Promise<boolean> {
  if (provider.prove === undefined) return (await provider.models?.(io)) !== undefined;
  const proof = await provider.prove(model, io);
  // one that relays to a cloud answers where that is allowed
  return proof.proved || (proof.reason === "privacy-excluded" && privacy === "cloud-allowed");
}

async function answersLocally({ egress, clock }: ReadinessPorts, provider: Provider, model: string, passage: Passage): Promise<boolean> {
  const late = new AbortController();
  const cancel = clock.timer(PATIENCE_MS, () => late.abort("timeout"));
  try {
    const fetch = egress.open(provider.endpoint, passage, { carriesPrompt: false });
    return await has(provider, model, passage.privacy, { fetch, signal: late.signal });
  } catch {
    return false;
  } finally {
    cancel();
  }
}

export function createReadiness(
  ports: ReadinessPorts,
  members: readonly string[],
  privacy: PrivacyClass,
): () => boolean | Promise<boolean> {
  const { panel, providers, clock } = ports;
  let looked: { at: number; found: Promise<boolean> } | null = null;
  const look = async (locals: readonly string[]): Promise<boolean> => {
    const each = locals.map((member) => {
      const { provider, model } = splitMember(member);
      const known = providers.get(provider);
      return known === undefined ? Promise.resolve(false) : answersLocally(ports, known, model, { privacy, hosts: new Set() });
    });
    return (await Promise.all(each)).includes(true);
  };
  return () => {
    const free = members.filter((member) => panel.unavailable(member, { privacy, hosts: new Set() }) === null);
    const isLocal = (member: string): boolean => providers.get(splitMember(member).provider)?.local === true;
    if (free.length === 0 || !free.every(isLocal)) return free.length > 0;
    if (looked === null || clock.now() - looked.at > KEPT_MS) looked = { at: clock.now(), found: look(free) };
    // on Workers the look may be another request's, which must not be waited for without an end
    return within(clock, looked.found, PATIENCE_MS).then((found) => found === true);
  };
}
