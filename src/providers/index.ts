/** THE ONE LIST of dialects, and the one way to make a provider. A new one is a file and a line here. */
import type { AdapterSettings } from "./adapter.ts";
import { createAnthropic } from "./anthropic.ts";
import { createGroq } from "./groq.ts";
import { createOllama } from "./ollama.ts";
import { createOpenAiCompatible } from "./openai-compatible.ts";
import { createOpenAi } from "./openai.ts";
import type { Provider } from "./provider.ts";
import { createTogether } from "./together.ts";

const ADAPTERS = {
  together: createTogether,
  groq: createGroq,
  ollama: createOllama,
  openai: createOpenAi,
  anthropic: createAnthropic,
  "openai-compatible": createOpenAiCompatible,
} satisfies Record<string, (settings: AdapterSettings) => Provider>;

export type DialectName = keyof typeof ADAPTERS;
export const DIALECTS = Object.keys(ADAPTERS) as DialectName[];

export function createProvider(settings: AdapterSettings & { dialect: DialectName }): Provider {
  return ADAPTERS[settings.dialect](settings);
}
