/** The one list of wire formats that can be simulated. */
import type { ProviderName } from "../asked.ts";
import { anthropic } from "./anthropic.ts";
import type { Dialect } from "./dialect.ts";
import { groq } from "./groq.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { together } from "./together.ts";

export const DIALECTS: Record<ProviderName, Dialect> = { together, groq, ollama, openai, anthropic };
