/** Which services are configured, at which address, with which key, and which of them count as local. */
import { z } from "zod";
import { type AddressBook, createAddressBook } from "../../egress/addresses.ts";
import { createSecret, type Secret } from "../../core/secret.ts";
import { OLLAMA_DEFAULT, parseOllamaHost } from "../ollama-host.ts";
import type { ProviderSettings } from "../settings.ts";
import { PATHS, type PathRule, readBaseUrl } from "./base-url.ts";
import { inPart, isProviderName, readJson, refuse } from "./read.ts";

/** One variable's text by name, undefined when unset or empty. */
export type Lookup = (name: string) => string | undefined;
/** Runs a reader and names the variable in what it refuses. */
export type Named = <T>(variable: string, read: (text: string) => T, unset: T) => T;

interface Cloud {
  name: "together" | "groq" | "openai" | "anthropic";
  home: string;
  rule: PathRule;
}
/** Services with a key, in the order of the default panel. */
export const CLOUDS: readonly Cloud[] = [
  { name: "together", home: "https://api.together.ai/v1", rule: PATHS.v1 },
  { name: "groq", home: "https://api.groq.com", rule: PATHS.groq },
  { name: "openai", home: "https://api.openai.com/v1", rule: PATHS.v1 },
  { name: "anthropic", home: "https://api.anthropic.com", rule: PATHS.anthropic },
];
const BUILT_IN = new Set<string>([...CLOUDS.map(({ name }) => name), "ollama"]);

const secretOf = async (text: string | undefined): Promise<Secret | null> => (text === undefined ? null : createSecret(text));

export function readKey(text: string): string {
  return /^[\x21-\x7e]{1,4096}$/.test(text) ? text : refuse("a key of visible ASCII characters");
}

/** A cloud service is never local, wherever its address points: what listens there passes the prompt on. */
async function readCloud({ name, home, rule }: Cloud, named: Named, book: AddressBook): Promise<ProviderSettings> {
  const upper = name.toUpperCase();
  const key = named<string | undefined>(`${upper}_API_KEY`, readKey, undefined);
  const baseUrl = named(`${upper}_BASE_URL`, (text) => readBaseUrl(text, rule, book), home);
  return { name, dialect: name, baseUrl, key: await secretOf(key), basic: null, local: false, configured: key !== undefined };
}

async function readOllama(named: Named, book: AddressBook): Promise<ProviderSettings> {
  const accepts = "a host, host:port or http(s) URL as Ollama takes it, or auto";
  const read = (text: string): ReturnType<typeof parseOllamaHost> => {
    const host = parseOllamaHost(text);
    return host.kind === "refused" ? refuse(accepts) : host;
  };
  const host = named("OLLAMA_HOST", read, { kind: "url", baseUrl: OLLAMA_DEFAULT, userInfo: null });
  const baseUrl = host.kind === "url" ? host.baseUrl : null;
  const url = new URL(baseUrl ?? OLLAMA_DEFAULT);
  const near = book.isLocal(url.hostname);
  const clear = url.protocol === "http:" && !near;
  const encrypted = (text: string): string =>
    clear ? refuse("only with an https or local OLLAMA_HOST: a key is not sent in the clear") : readKey(text);
  const key = named<string | undefined>("OLLAMA_API_KEY", encrypted, undefined);
  const userInfo = host.kind === "url" ? host.userInfo : null;
  if (userInfo !== null && clear) named("OLLAMA_HOST", () => refuse("user info only over https or to a local address"), undefined);
  return {
    name: "ollama",
    dialect: "ollama",
    baseUrl,
    key: await secretOf(key),
    basic: key === undefined ? await secretOf(userInfo ?? undefined) : null,
    local: near,
    configured: url.hostname !== "ollama.com" || key !== undefined,
  };
}

const service = z.strictObject({
  base_url: z.string(),
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable's name")
    .optional(),
  local: z.boolean().optional(),
  model: z.string().min(1).max(200).optional(),
});
const services = z.record(z.string(), service);
type Service = z.infer<typeof service>;
const ACCEPTS = "a JSON map of a name to base_url, api_key_env, local, model";

/** `model` joins the default panel; the protocol's fields are in the settings. */
export interface NamedService {
  settings: ProviderSettings;
  model: string | null;
}

function checkService(name: string, given: Service, book: AddressBook): string {
  if (!isProviderName(name)) return refuse(`${ACCEPTS} (a name is lower-case letters, digits, dot, dash and underscore)`);
  if (BUILT_IN.has(name)) return refuse(`${ACCEPTS} (the name ${name} is taken)`);
  const baseUrl = inPart(`/${name}/base_url`, () => readBaseUrl(given.base_url, PATHS.asGiven, book));
  const near = book.isLocal(new URL(baseUrl).hostname);
  if (given.local === true && !near)
    return refuse(`${ACCEPTS} (${name} is local, but its address is neither loopback nor in CONSENSUS_LOCAL_ADDRESSES)`);
  return baseUrl;
}

async function readServices(named: Named, lookup: Lookup, book: AddressBook): Promise<NamedService[]> {
  const read = (text: string): [string, Service & { baseUrl: string }][] =>
    Object.entries(readJson(text, services, ACCEPTS)).map(([name, given]) => [
      name,
      { ...given, baseUrl: checkService(name, given, book) },
    ]);
  const entries = named("CONSENSUS_PROVIDERS", read, []);
  return Promise.all(
    entries.map(async ([name, { baseUrl, api_key_env: variable, local = false, model = null }]) => {
      const key = variable === undefined ? undefined : lookup(variable);
      const configured = variable === undefined || key !== undefined;
      const settings: ProviderSettings = {
        name,
        dialect: "openai-compatible",
        baseUrl,
        key: await secretOf(key),
        basic: null,
        local,
        configured,
      };
      return { settings, model };
    }),
  );
}

export async function readProviders(named: Named, lookup: Lookup, localAddresses: readonly string[]): Promise<NamedService[]> {
  const book = createAddressBook(localAddresses);
  const [together, groq, openai, anthropic] = await Promise.all(CLOUDS.map((cloud) => readCloud(cloud, named, book)));
  const ollama = await readOllama(named, book);
  const builtIn = [together, groq, ollama, openai, anthropic].filter((one) => one !== undefined);
  return [
    ...builtIn.map((settings) => ({ settings, model: DEFAULT_MODELS[settings.name] ?? null })),
    ...(await readServices(named, lookup, book)),
  ];
}

/** The default panel's model of each service: current, cheap, of different families (checked 2026-11). */
const DEFAULT_MODELS: Record<string, string> = {
  together: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
  groq: "openai/gpt-oss-120b",
  ollama: "llama3.2",
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
};
