/** What would happen if each provider died: who is left, whether the quorum holds, where the chain begins. Pure arithmetic on the configuration. */
import { providerOf } from "../../core/member.ts";

export interface Ladders {
  panel: readonly string[];
  fallback: readonly string[];
  adjudicators: readonly string[];
  quorum: number;
}
export interface Loss {
  /** a provider's name, "all cloud", or "" = nothing is lost */
  lost: string;
  left: string[];
  quorum: { needed: number; usable: number; met: boolean };
  outcome: "consensus" | "single-member" | "no-answer";
  /** who `fallback` asks first */
  fallback: string | null;
  /** who rules where nothing can be counted */
  adjudicator: string | null;
}

/** `alive`: it can be asked now. `remote`: it runs elsewhere, whatever its provider's place (a local runtime may relay). */
export function losses(ladders: Ladders, alive: (member: string) => boolean, remote: (member: string) => boolean): Loss[] {
  const panel = [...new Set(ladders.panel)];
  const fallback = [...new Set(ladders.fallback)];
  const needed = Math.min(ladders.quorum, panel.length);
  const lossOf = (lost: string, isLost: (member: string) => boolean): Loss => {
    const here = (member: string): boolean => alive(member) && !isLost(member);
    const left = panel.filter(here);
    const outcome = left.length === 0 ? "no-answer" : left.length === 1 ? "single-member" : "consensus";
    const quorum = { needed, usable: left.length, met: needed > 0 && left.length >= needed };
    return { lost, left, quorum, outcome, fallback: fallback.find(here) ?? null, adjudicator: ladders.adjudicators.find(here) ?? null };
  };
  const members = [...panel, ...fallback];
  const providers = [...new Set(members.map(providerOf))];
  const inCloud = new Set(members.filter(remote).map(providerOf));
  return [
    lossOf("", () => false),
    ...providers.map((name) => lossOf(name, (member) => providerOf(member) === name)),
    ...(inCloud.size > 1 ? [lossOf("all cloud", remote)] : []),
  ];
}
