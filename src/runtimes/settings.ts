/** The parsed configuration: what `config.ts` makes of the environment and `compose.ts` builds from. Holds types only. */
import type { LogLevel, PrivacyClass } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import type { ModelFacts } from "../providers/provider.ts";

export interface ProviderSettings {
  name: string;
  /** which adapter speaks to it */
  dialect: "together" | "groq" | "ollama" | "openai" | "anthropic" | "openai-compatible";
  /** null for OLLAMA_HOST=auto: the probe finds it */
  baseUrl: string | null;
  key: Secret | null;
  /** `Authorization: Basic` from a URL with user info (Ollama behind a tunnel) */
  basic: Secret | null;
  local: boolean;
  /** has what it needs (a key, where one is needed) */
  configured: boolean;
}

export interface Settings {
  host: string;
  port: number;
  apiKeys: Secret[];
  allowedHosts: string[];
  rateLimitRpm: number | null;
  /** literal addresses and CIDR blocks, loopback not included */
  localAddresses: string[];
  providers: ProviderSettings[];
  panel: string[];
  adjudicators: string[];
  fallback: string[];
  models: Record<string, Partial<ModelFacts>>;
  quorum: number;
  deadlineMs: number;
  graceMs: number;
  privacy: PrivacyClass | "auto";
  db: string;
  storeContent: boolean;
  /** substitutes of silent members, `provider/model` → `provider/model`; none = no hedging */
  hedge: Record<string, string>;
  logLevel: LogLevel;
  /** OTLP over HTTP: the collector's base URL, in its normal form; null = no traces */
  otelEndpoint: string | null;
  simulated: boolean;
  version: string;
}
