/** Reads the environment into Settings; a value it cannot take stops the start with the variable's name and what is accepted. Reads no file and no global. */
import { createAddressBook, parseBlock } from "../egress/addresses.ts";
import { ConfigError } from "../core/problem.ts";
import { createSecret } from "../core/secret.ts";
import { PATHS, readBaseUrl } from "./config/base-url.ts";
import { readHedge, readModels } from "./config/models.ts";
import { type Named, readKey, readProviders } from "./config/providers.ts";
import { readBoolean, readList, readMembers, readWhole, readWord, refuse, Refused } from "./config/read.ts";
import type { Settings } from "./settings.ts";

export { CONFIG_TABLE, renderConfigTable } from "./config/table.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
const LONGEST_MS = 600_000;

/** An unset variable and an empty one are the same. */
const lookupIn =
  (env: Environment) =>
  (name: string): string | undefined => {
    const text = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
    return text === "" ? undefined : text;
  };

function namedIn(lookup: (name: string) => string | undefined): Named {
  return (variable, read, unset) => {
    const text = lookup(variable);
    if (text === undefined) return unset;
    try {
      return read(text);
    } catch (error) {
      throw error instanceof Refused ? new ConfigError(variable, `accepts ${error.message}`) : error;
    }
  };
}

const unbracket = (host: string): string => (host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host);
const bracketed = (host: string): string => (host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);

function readHost(text: string): string {
  const host = unbracket(text.toLowerCase());
  return /^[a-z0-9.-]{1,253}$/.test(host) || parseBlock(host) !== null ? host : refuse("an address or a host name, without port");
}

function readAllowedHost(text: string): string {
  const host = bracketed(text.toLowerCase());
  return /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])$/.test(host) ? host : refuse("comma-separated host names, without port");
}

/** A block so wide that it would call the public network local is a slip of the hand. */
function readLocalAddress(text: string): string {
  const entry = text === "localhost" ? "127.0.0.1" : text;
  const block = parseBlock(entry);
  const narrow = block !== null && block[1] >= (block[0].kind() === "ipv4" ? 8 : 7);
  return narrow ? entry : refuse("comma-separated literal addresses or CIDR blocks (/8 or longer; /7 for IPv6)");
}

function readTimes(named: Named): Pick<Settings, "deadlineMs" | "graceMs"> {
  const deadlineMs = named("CONSENSUS_DEADLINE_MS", (text) => readWhole(text, 1, LONGEST_MS), 60_000);
  const graceMs = named("CONSENSUS_GRACE_MS", (text) => readWhole(text, 0, deadlineMs), Math.min(5_000, deadlineMs));
  return { deadlineMs, graceMs };
}

/** What the door looks like from outside; an open one needs keys. */
async function readDoor(named: Named): Promise<Pick<Settings, "host" | "port" | "apiKeys" | "allowedHosts" | "rateLimitRpm">> {
  const host = named("HOST", readHost, "127.0.0.1");
  const tokens = named("CONSENSUS_API_KEYS", (text) => readList(text, "comma-separated keys").map(readKey), []);
  const near = host === "localhost" || createAddressBook([]).isLocal(host);
  if (!near && tokens.length === 0)
    throw new ConfigError("HOST", "accepts an address that is not loopback only together with CONSENSUS_API_KEYS");
  const names = [...new Set(["localhost", "127.0.0.1", "[::1]", bracketed(host)])];
  return {
    host,
    port: named("PORT", (text) => readWhole(text, 0, 65_535), 8_787),
    apiKeys: await Promise.all([...new Set(tokens)].map(createSecret)),
    allowedHosts: named("CONSENSUS_ALLOWED_HOSTS", (text) => readList(text, "comma-separated host names").map(readAllowedHost), names),
    rateLimitRpm: named("CONSENSUS_RATE_LIMIT_RPM", (text) => (text === "off" ? null : readWhole(text, 1, 1_000_000)), null),
  };
}

function readOperation(
  named: Named,
  localAddresses: readonly string[],
): Pick<Settings, "privacy" | "db" | "storeContent" | "hedge" | "logLevel" | "otelEndpoint"> {
  const book = createAddressBook(localAddresses);
  return {
    privacy: named("CONSENSUS_PRIVACY", (text) => readWord(text, ["local-only", "cloud-allowed", "auto"] as const), "cloud-allowed"),
    db: named("CONSENSUS_DB", (text) => (text.includes("\0") ? refuse("a file path or :memory:") : text), "./data/consensus.db"),
    storeContent: named("CONSENSUS_STORE_CONTENT", readBoolean, true),
    hedge: named("CONSENSUS_HEDGE", readHedge, {}),
    logLevel: named("LOG_LEVEL", (text) => readWord(text, ["debug", "info", "warn", "error"] as const), "info"),
    otelEndpoint: named<string | null>("CONSENSUS_OTEL_ENDPOINT", (text) => readBaseUrl(text, PATHS.asGiven, book), null),
  };
}

export interface SettingsFacts {
  version: string;
  /** only `npm run demo` sets it */
  simulated?: boolean;
}

/** Throws a ConfigError for the first value that cannot be taken. */
export async function readSettings(env: Environment, { version, simulated = false }: SettingsFacts): Promise<Settings> {
  const lookup = lookupIn(env);
  const named = namedIn(lookup);
  const door = await readDoor(named);
  const localAddresses = named(
    "CONSENSUS_LOCAL_ADDRESSES",
    (text) => readList(text, "comma-separated literal addresses or CIDR blocks").map(readLocalAddress),
    [],
  );
  const services = await readProviders(named, lookup, localAddresses);
  const defaults = services
    .filter(({ settings, model }) => settings.configured && model !== null)
    .map(({ settings, model }) => `${settings.name}/${model}`);
  const panel = named("CONSENSUS_PANEL", readMembers, defaults);
  return {
    ...door,
    localAddresses,
    providers: services.map(({ settings }) => settings),
    panel,
    adjudicators: named("CONSENSUS_ADJUDICATORS", readMembers, panel),
    fallback: named("CONSENSUS_FALLBACK", readMembers, panel),
    models: named("CONSENSUS_MODELS", readModels, {}),
    quorum: named("CONSENSUS_QUORUM", (text) => readWhole(text, 1, 16), 2),
    ...readTimes(named),
    ...readOperation(named, localAddresses),
    simulated,
    version,
  };
}
