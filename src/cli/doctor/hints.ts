/** How to mend a provider that failed a call. Pure. */
import type { Failure } from "../../providers/provider.ts";

const BUILT_IN: ReadonlySet<string> = new Set(["together", "groq", "ollama", "openai", "anthropic"]);
export const keyHint = (provider: string): string =>
  BUILT_IN.has(provider) ? `set ${provider.toUpperCase()}_API_KEY` : "set the variable that api_key_env names in CONSENSUS_PROVIDERS";

/** For runtimes on this machine the answer is nearly always: it is not running. */
export function hintFor({ reason, status }: Failure, { provider, local }: { provider: string; local: boolean }): string {
  const ollama = provider === "ollama";
  switch (reason) {
    case "unauthorized":
      return status === 402 ? "add credit to the account" : `${keyHint(provider)} to one that the provider accepts`;
    case "misconfigured":
    case "bad-response":
      return ollama ? "another program has this port: check OLLAMA_HOST" : "check the base URL: something else answers there";
    case "rate-limited":
      return "wait, or raise the limit of the account";
    case "unavailable":
    case "timeout":
      if (ollama) return "start Ollama (ollama serve), check OLLAMA_HOST, or take it out of CONSENSUS_PANEL";
      return local ? "start it, or check its base URL" : "check the network, then the provider's status page";
    default:
      return "see the detail";
  }
}
