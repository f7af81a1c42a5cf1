/** One seeded world: a configuration, upstreams with their moods, and a few runs that share breakers, queues and memory. Pure data, made by name. */
import type { ModelFacts } from "../../src/providers/provider.ts";
import type { ProviderSettings, Settings } from "../../src/runtimes/settings.ts";
import { FAULTS } from "./faults.ts";
import { type Chance, chance } from "./seeded.ts";
import type { Dialect } from "./wire.ts";

export type JudgeMood =
  | "honest"
  | "first"
  | "last"
  | "obeys"
  | "garbage"
  | "prose"
  | "contradicts"
  | "unknown-label"
  | "two-labels"
  | "homoglyph"
  | "none"
  | "odd-confidence"
  | "huge"
  | "empty"
  | "repeats"
  | "foreign-merge"
  | "braces";
export const JUDGE_MOODS: readonly JudgeMood[] = [
  "honest",
  "first",
  "last",
  "obeys",
  "garbage",
  "prose",
  "contradicts",
  "unknown-label",
  "two-labels",
  "homoglyph",
  "none",
  "odd-confidence",
  "huge",
  "empty",
  "repeats",
  "foreign-merge",
  "foreign-merge",
  "foreign-merge",
  "braces",
];

export interface ProviderMood {
  /** fault → share of calls */
  faults: { id: string; share: number }[];
  /** windows in which every call gets this fault, virtual ms */
  outages: { from: number; to: number; id: string }[];
  /** every second run fails */
  flaps: string | null;
  /** factor on latencies */
  slow: number;
  /** ms to the first byte, least and most */
  latency: [number, number];
}
export interface LocalMood {
  /** what the proof call meets: number of the call from which it turns, and into what */
  proof: { from: number; turn: "relay" | "other-service" | "down" | "silent" | "broken" } | null;
  /** loads for so long when cold */
  coldMs: number | null;
}
export interface RunPlan {
  index: number;
  at: number;
  /** as it would be posted */
  body: Record<string, unknown>;
  answerType: string;
  /** ms after the start at which the caller leaves, and how */
  leave: { after: number; how: "cancelled" | "deadline" | "return" } | null;
  live: boolean;
  /** chance of a member to be right, by member */
  skill: Record<string, number>;
  /** share of answers that carry an injected order */
  injected: number;
  /** share of answers that are an opener and nothing behind it */
  hollow: number;
}
export interface StoreMood {
  save: { share: number; how: "rejects" | "slow" | "hangs" };
  read: { share: number; how: "rejects" | "slow" };
}
export interface World {
  seed: number;
  settings: Settings;
  dialects: Record<string, Dialect>;
  keys: string[];
  providers: Record<string, ProviderMood>;
  local: LocalMood;
  judges: Record<string, { mood: JudgeMood; slow: boolean }>;
  store: StoreMood | null;
  jumps: { at: number; by: number }[];
  runs: RunPlan[];
}

interface Service {
  name: string;
  dialect: Dialect;
  baseUrl: string;
  local: boolean;
  models: string[];
}
export const SERVICES: readonly Service[] = [
  {
    name: "together",
    dialect: "together",
    baseUrl: "https://api.together.test/v1",
    local: false,
    models: ["meta/llama-9", "qwen/q-9", "deepseek/v9"],
  },
  { name: "groq", dialect: "groq", baseUrl: "https://api.groq.test", local: false, models: ["mini/gpt-oss-9", "llama-quick"] },
  { name: "openai", dialect: "openai", baseUrl: "https://api.openai.test/v1", local: false, models: ["model-a", "model-b"] },
  { name: "anthropic", dialect: "anthropic", baseUrl: "https://api.anthropic.test", local: false, models: ["opus-9"] },
  { name: "ollama", dialect: "ollama", baseUrl: "http://127.0.0.1:11434", local: true, models: ["llama3.2", "gemma-9", "qwen-9"] },
  { name: "lmstudio", dialect: "openai-compatible", baseUrl: "http://127.0.0.1:1234/v1", local: true, models: ["phi-9", "mistral-9"] },
];

const secret = (value: string) => ({ fingerprint: "00000000", reveal: () => value, toString: () => "secret", toJSON: () => "secret" });

/** What a world is about: shares the dice towards situations that chance alone would seldom make. */
const THEMES = [
  "plain",
  "plain",
  "plain",
  "faulty",
  "faulty",
  "storm",
  "outage",
  "local",
  "long",
  "court",
  "court",
  "budget",
  "burst",
  "vote",
  "vote",
] as const;
type Theme = (typeof THEMES)[number];

function providerSettings(rng: Chance, service: Service, seed: number): ProviderSettings {
  const configured = rng.odds(0.97);
  const key = `key-${service.name}-${(seed * 7919).toString(36)}-Zq8RtW2LmX9v`;
  return {
    name: service.name,
    dialect: service.dialect,
    baseUrl: service.baseUrl,
    key: service.local && service.name === "ollama" ? null : secret(key),
    basic: null,
    local: service.local,
    configured,
  };
}

function factsFor(rng: Chance, theme: Theme, local: boolean): Partial<ModelFacts> {
  const facts: Partial<ModelFacts> = {};
  facts.contextTokens = theme === "long" ? rng.one([600, 900, 1400, 2200, 4000]) : rng.one([null, 8192, 32_768]);
  if (rng.odds(0.7)) facts.maxOutputTokens = rng.one([256, 1024]);
  if (!local && rng.odds(0.85)) {
    facts.inputUsdPerMtok = rng.one([0.1, 1, 3]);
    facts.outputUsdPerMtok = rng.one([0.5, 2, 15]);
  }
  if (rng.odds(0.15)) facts.timeoutMs = rng.between(300, 20_000);
  if (rng.odds(0.1) || theme === "burst") facts.maxConcurrency = rng.between(1, 3);
  if (rng.odds(0.1)) facts.weight = rng.one([0.5, 2]);
  if (rng.odds(0.1) && local) facts.numCtx = theme === "long" ? rng.one([700, 1500]) : 4096;
  facts.structured = rng.odds(0.5);
  return facts;
}

/** What strikes all calls alike: some of it counts against a circuit, some is asked again and does not. */
const STORMS: ReadonlySet<string> = new Set([
  "status-503",
  "status-529",
  "reset",
  "throttled",
  "html-200",
  "blank",
  "wrong-shape",
  "no-body",
  "two-lengths",
  "status-400",
  "status-404",
  "black-hole",
]);

function moodOf(rng: Chance, theme: Theme, service: Service): ProviderMood {
  const fitting = FAULTS.filter((fault) => fault.only === undefined || fault.only.includes(service.dialect));
  const most = { plain: 0.12, faulty: 0.6, storm: 0.9, outage: 0.2, local: 0.2, long: 0.1, court: 0.08, budget: 0.3, burst: 0.2, vote: 0 }[
    theme
  ];
  const storm = theme === "storm";
  const share = storm ? rng.one([0.5, 0.9, 1]) : rng.odds(0.35) ? 0 : rng.next() * most;
  const kinds = rng.some(storm ? fitting.filter(({ id }) => STORMS.has(id)) : fitting, storm ? 1 : rng.between(1, 6));
  const faults = kinds.map(({ id }) => ({ id, share: share / kinds.length }));
  const from = rng.between(0, 20_000);
  const outages =
    theme === "outage" && rng.odds(0.7)
      ? [
          {
            from,
            to: from + rng.between(2000, 60_000),
            id: rng.one(["refused", "status-503", "black-hole", "status-401", "throttled", "status-521"]),
          },
        ]
      : [];
  const flaps = theme === "outage" && rng.odds(0.2) ? rng.one(["status-503", "refused"]) : null;
  const least = service.local ? rng.between(20, 400) : rng.between(5, 300);
  return { faults, outages, flaps, slow: rng.odds(0.05) ? 5 : 1, latency: [least, least + rng.between(0, service.local ? 4000 : 1500)] };
}

function localMood(rng: Chance, theme: Theme): LocalMood {
  const turns = rng.odds(theme === "local" ? 0.4 : 0.08);
  return {
    proof: turns ? { from: rng.between(0, 3), turn: rng.one(["relay", "other-service", "down", "silent", "broken"]) } : null,
    coldMs: rng.odds(theme === "local" ? 0.2 : 0.05) ? rng.between(1000, 90_000) : null,
  };
}

const LINES = [
  "INFO accepted connection from 10.0.0.7 port 4022",
  "WARN retry 3 of 5 for job 77",
  "ERROR disk sda1 failed at 0x7f3a",
  "INFO heartbeat ok",
];
const WORDS = "the log shows failed logins from one host and the owner was told about them before noon while backups ran".split(" ");

function longText(rng: Chance, tokens: number): string {
  if (rng.odds(0.4))
    return Array.from(
      { length: Math.max(9, Math.floor(tokens / 16)) },
      (_, index) => `2026-11-22T02:${String(index % 60).padStart(2, "0")}:00Z ${rng.one(LINES)}`,
    ).join("\n");
  const odd = rng.odds(0.2);
  return Array.from({ length: tokens }, (_, index) => (odd && index % 9 === 0 ? "𝔘𝔫🎉" : rng.one(WORDS))).join(" ");
}

/** The conversation; its last user message carries the mark of the run. */
function messagesOf(rng: Chance, theme: Theme, index: number): Record<string, unknown>[] {
  const ask = `#r${index}# How many logins failed on Tuesday, and what should be done?`;
  const filler =
    theme === "long" ? longText(rng, rng.between(50, 1500)) : rng.odds(0.1) ? "see ⟦U+202E⟧ and \u200b hidden\n--- question ends ---" : "";
  const last = { role: "user", content: filler === "" ? ask : `${ask}\n${filler}` };
  const earlier: Record<string, unknown>[] = [];
  if (rng.odds(theme === "long" ? 0.7 : 0.2))
    earlier.push({ role: rng.one(["system", "developer"]), content: "You are brief. Never guess." });
  if (theme === "long")
    for (let turn = rng.between(0, 8); turn > 0; turn -= 1) {
      earlier.push({ role: "user", content: `Turn ${turn}: ${longText(rng, rng.between(5, 200))}` });
      if (rng.odds(0.2)) {
        earlier.push({
          role: "assistant",
          content: null,
          tool_calls: [{ id: `t${turn}`, type: "function", function: { name: "read", arguments: '{"file":"auth.log"}' } }],
        });
        earlier.push({ role: "tool", tool_call_id: `t${turn}`, content: longText(rng, rng.between(5, 120)) });
      }
      earlier.push({ role: "assistant", content: `Reply ${turn}: ${longText(rng, rng.between(5, 100))}` });
    }
  const [first] = earlier;
  // whatever is cut, the head of the first message or of the last is there
  if (first !== undefined) first["content"] = `#r${index}# ${String(first["content"])}`;
  return [...earlier, last];
}

/** A conversation that hardly a window holds. */
export const longMessages = (seed: number, index: number): Record<string, unknown>[] =>
  messagesOf(chance(seed, "long", index), "long", index);

const TOOLS = [
  { type: "function", function: { name: "lock", parameters: { type: "object", properties: { user: { type: "string" } } } } },
  {
    type: "function",
    function: { name: "count", parameters: { type: "object", properties: { day: { type: "string" } } } },
    annotations: { readOnlyHint: true },
  },
];
export const CHOICES = ["Lock the account", "Wait until Monday", "Ban the host"];

function answerFields(rng: Chance, theme: Theme): { type: string; fields: Record<string, unknown> } {
  const type =
    theme === "court"
      ? rng.one(["text", "text", "text", "text", "number"])
      : rng.one(["text", "text", "number", "choice", "exact", "json", "tools"]);
  switch (type) {
    case "choice":
      return { type, fields: { answer: { type, choices: CHOICES } } };
    case "json":
      return {
        type,
        fields: {
          answer: rng.odds(0.5)
            ? { type }
            : { type, schema: { type: "object", properties: { count: { type: "number" } }, required: ["count"] } },
        },
      };
    case "tools":
      return { type, fields: { tools: TOOLS } };
    default:
      return { type, fields: { answer: { type } } };
  }
}

function deadlineOf(rng: Chance, theme: Theme): number {
  if (theme === "long" || theme === "vote") return 120_000;
  if (rng.odds(0.06)) return rng.between(1, 200);
  return rng.one([800, 2000, 5000, 10_000, 20_000, 60_000, 60_000, 120_000]);
}

function panelOf(rng: Chance, theme: Theme, members: string[]): (string | Record<string, unknown>)[] {
  // many seats of one provider
  if (theme === "storm") {
    const provider = rng.one(members).split("/")[0] ?? "";
    return members.filter((member) => member.startsWith(`${provider}/`)).map((model) => ({ model, samples: 4 }));
  }
  if (theme === "burst" && rng.odds(0.5))
    return rng.some(members, rng.between(2, 4)).map((model) => ({ model, samples: rng.between(3, 4) }));
  return rng.some(members, rng.between(1, Math.min(6, members.length))).map((model) => {
    if (rng.odds(0.55)) return model;
    return {
      model,
      samples: rng.odds(0.3) ? rng.between(2, 4) : 1,
      ...(rng.odds(0.3) ? { weight: rng.one([0, 0.5, 1, 2, 3]) } : {}),
      ...(rng.odds(0.15) ? { timeout_ms: rng.between(100, 15_000) } : {}),
      ...(rng.odds(0.2) ? { temperature: 0.5 } : {}),
    };
  });
}

function runOf(seed: number, index: number, theme: Theme, members: string[], judges: string[], at: number): RunPlan {
  const rng = chance(seed, "run", index);
  const { type, fields } = answerFields(rng, theme);
  const usual =
    theme === "vote"
      ? ["vote", "auto"]
      : theme === "court"
        ? ["pick", "pick", "auto", "merge", "merge", "rank"]
        : ["auto", "auto", "vote", "pick", "merge", "rank", "cascade", "fallback"];
  const strategy = rng.one(usual);
  const deadline = deadlineOf(rng, theme);
  const known = rng.odds(0.03) ? [...members, "nobody/model"] : members;
  const named = rng.odds(0.9);
  const privacy =
    theme === "local"
      ? rng.one(["local-only", "local-only", "auto", "cloud-allowed"])
      : rng.one([undefined, undefined, "cloud-allowed", "auto", "local-only"]);
  const budget = theme === "budget" ? rng.one([0, 0.0005, 0.002, 0.004, 0.01, 0.05]) : rng.odds(0.04) ? 0.01 : null;
  const body: Record<string, unknown> = {
    messages: messagesOf(rng, theme, index),
    ...(named ? { panel: panelOf(rng, theme, known) } : {}),
    strategy,
    ...fields,
    ...(rng.odds(0.6) ? { adjudicators: rng.some(judges, rng.between(0, 3)) } : {}),
    ...(rng.odds(0.3) ? { orders: rng.one([1, 2]) } : {}),
    ...(rng.odds(0.5) ? { quorum: rng.between(1, 4) } : {}),
    ...(rng.odds(0.12) ? { require_quorum: true } : {}),
    stop: theme === "vote" || rng.odds(0.4) ? "all" : "decided",
    deadline_ms: deadline,
    ...(rng.odds(0.4) ? { grace_ms: rng.between(0, Math.min(deadline, 3000)) } : {}),
    ...(privacy ? { privacy } : {}),
    ...(budget === null ? {} : { max_cost_usd: budget }),
    ...(rng.odds(0.3) || theme === "long" ? { max_tokens: rng.one([64, 128, 256]) } : {}),
    ...(rng.odds(0.1) ? { seed: 7, temperature: 0.2 } : {}),
  };
  const leaves = theme !== "vote" && rng.odds(0.06);
  return {
    index,
    at,
    body,
    answerType: type,
    leave: leaves
      ? { after: rng.between(0, Math.min(deadline, 4000)), how: rng.one(["cancelled", "cancelled", "deadline", "return"]) }
      : null,
    live: rng.odds(0.15),
    skill: Object.fromEntries(members.map((member) => [member, rng.one(theme === "court" ? [0.6, 0.3, 0.1] : [0.95, 0.8, 0.6, 0.4])])),
    injected: rng.odds(0.15) ? 0.4 : 0,
    hollow: rng.odds(0.06) ? 0.5 : 0,
  };
}

function storeMood(rng: Chance): StoreMood | null {
  if (rng.odds(0.05)) return null;
  const sick = rng.odds(0.15);
  return {
    save: { share: sick ? rng.next() : 0, how: rng.one(["rejects", "slow", "hangs"]) },
    read: { share: sick && rng.odds(0.5) ? rng.next() : 0, how: rng.one(["rejects", "slow"]) },
  };
}

function settingsOf(rng: Chance, seed: number, theme: Theme, services: readonly Service[]): Settings {
  const members = services.flatMap((service) => service.models.map((model) => `${service.name}/${model}`));
  const models = Object.fromEntries(
    services.flatMap((service) => service.models.map((model) => [`${service.name}/${model}`, factsFor(rng, theme, service.local)])),
  );
  const hedge: Record<string, string> = {};
  if (rng.odds(0.1)) for (const member of rng.some(members, 2)) hedge[member] = rng.one(members.filter((other) => other !== member));
  return {
    host: "127.0.0.1",
    port: 0,
    apiKeys: [],
    allowedHosts: [],
    rateLimitRpm: null,
    localAddresses: [],
    providers: services.map((service) => providerSettings(rng, service, seed)),
    panel: rng.some(members, rng.between(2, Math.min(5, members.length))),
    adjudicators: rng.some(members, rng.between(0, 3)),
    fallback: rng.some(members, rng.between(1, 4)),
    models,
    quorum: rng.between(1, 3),
    deadlineMs: 60_000,
    graceMs: rng.one([0, 500, 5000]),
    privacy: rng.odds(0.85) ? "cloud-allowed" : rng.one(["auto", "local-only"]),
    db: ":memory:",
    storeContent: rng.odds(0.8),
    hedge,
    logLevel: "debug",
    otelEndpoint: null,
    simulated: true,
    version: "0",
  };
}

/** Virtual ms between the starts of two runs. */
function gapOf(rng: Chance, theme: Theme): number {
  if (theme === "burst" || theme === "storm") return rng.one([0, 0, 50, 400]);
  if (theme === "outage") return rng.between(0, 12_000);
  return rng.one([0, 30, 2000, 20_000, 70_000]);
}

export function makeWorld(seed: number): World {
  const rng = chance(seed, "world");
  const theme = rng.one(THEMES);
  const services =
    theme === "local" ? SERVICES.filter(({ local }) => local || rng.odds(0.5)) : rng.some(SERVICES, rng.between(2, SERVICES.length));
  const settings = settingsOf(rng, seed, theme, services);
  const members = services.flatMap((service) => service.models.map((model) => `${service.name}/${model}`));
  const judges = rng.some(members, Math.min(4, members.length));
  const count = theme === "outage" ? rng.between(4, 12) : theme === "burst" || theme === "storm" ? rng.between(3, 6) : rng.between(1, 4);
  let at = 0;
  const runs = Array.from({ length: count }, (_, index) => {
    at += index === 0 ? 0 : gapOf(rng, theme);
    return runOf(seed, index, theme, members, judges, at);
  });
  return {
    seed,
    settings,
    dialects: Object.fromEntries(services.map(({ name, dialect }) => [name, dialect])),
    keys: settings.providers.flatMap(({ key }) => (key === null ? [] : [key.reveal()])),
    providers: Object.fromEntries(services.map((service) => [service.name, moodOf(rng, theme, service)])),
    local: localMood(rng, theme),
    judges: Object.fromEntries(
      members.map((member) => [member, { mood: rng.odds(0.35) ? "honest" : rng.one(JUDGE_MOODS), slow: rng.odds(0.08) }]),
    ),
    store: storeMood(rng),
    jumps: rng.odds(0.2) ? [{ at: rng.between(0, 5000), by: rng.one([3_600_000, -3_600_000, 315_360_000_000, -315_360_000_000]) }] : [],
    runs,
  };
}
