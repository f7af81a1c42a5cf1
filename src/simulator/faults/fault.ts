/** The contract of a fault: a name, a sentence, the dropout to expect, and what goes over the wire instead of an answer. */
import type { DropoutReason } from "../../core/reasons.ts";
import type { ProviderName } from "../asked.ts";
import type { Turn } from "../turn.ts";

export interface Fault {
  name: string;
  /** one sentence */
  doc: string;
  /** why a seat drops that meets nothing but this fault and has no retry left; null = it is answered all the same */
  expects: DropoutReason | null;
  /** absent = every provider */
  only?: readonly ProviderName[];
  /** `limit`: the seat learns of it by running into one of its own limits; `load`: it costs megabytes or many bytes one by one */
  cost?: "limit" | "load";
  /** the port itself is closed: nothing is played */
  closed?: true;
  /** also met on the routes that make no answer (model lists, proofs), where `turn.asked.model` is empty; absent = chat only */
  everywhere?: true;
  /** throwing destroys the socket */
  play(turn: Turn): void | Promise<void>;
}
export const CLOUD: readonly ProviderName[] = ["together", "groq", "openai", "anthropic"];
export const COMPLETIONS: readonly ProviderName[] = ["together", "groq", "openai"];
