/** `models`: what each configured provider says it serves, with the window and the price that the engine counts with. */
import type { Passage } from "../egress/egress.ts";
import type { Provider } from "../providers/provider.ts";
import { EXIT } from "./exits.ts";
import { columns, tokens } from "./format.ts";
import type { AddCommand, CliPorts, EmbeddedEngine } from "./ports.ts";
import { safeJson, safeLine } from "./safe.ts";
import { fitted } from "./width.ts";

/** ms that a provider may take over its list */
const PATIENCE_MS = 10_000;

interface ModelLine {
  member: string;
  local: boolean;
  context_tokens: number | null;
  input_usd_per_mtok: number | null;
  output_usd_per_mtok: number | null;
  /** part of the panel that is asked when a request names none */
  seated: boolean;
}
interface Listed {
  models: ModelLine[];
  /** providers without a list, and why */
  silent: { provider: string; why: string }[];
}

function lineOf(engine: EmbeddedEngine, provider: Provider, id: string, contextTokens: number | null): ModelLine {
  const member = `${provider.name}/${id}`;
  const facts = engine.facts(member);
  return {
    member,
    local: provider.local,
    context_tokens: facts.contextTokens ?? contextTokens,
    input_usd_per_mtok: facts.inputUsdPerMtok,
    output_usd_per_mtok: facts.outputUsdPerMtok,
    seated: engine.settings.panel.includes(member) || engine.settings.panel.includes(member.replace(/:latest$/, "")),
  };
}

async function listOf({ clock, signal }: CliPorts, engine: EmbeddedEngine, provider: Provider, passage: Passage): Promise<Listed> {
  const silent = (why: string): Listed => ({ models: [], silent: [{ provider: provider.name, why }] });
  if (provider.models === undefined) return silent("it has no list of models");
  if (passage.privacy === "local-only" && !provider.local) return silent("it is not local");
  const late = new AbortController();
  const cancel = clock.timer(PATIENCE_MS, () => late.abort());
  try {
    const fetch = engine.egress.open(provider.endpoint, passage, { carriesPrompt: false });
    const models = await provider.models({ fetch, signal: AbortSignal.any([signal, late.signal]) });
    return { models: models.map(({ id, contextTokens }) => lineOf(engine, provider, id, contextTokens)), silent: [] };
  } catch {
    signal.throwIfAborted();
    return silent(late.signal.aborted ? `no list within ${PATIENCE_MS / 1000} s` : "it could not be asked for its list");
  } finally {
    cancel();
  }
}

const price = (usd: number | null): string => (usd === null ? "–" : usd === 0 ? "free" : usd.toFixed(2));
const row = (line: ModelLine): string[] => {
  const { seated, member, local, context_tokens: window, input_usd_per_mtok: input, output_usd_per_mtok: output } = line;
  return [seated ? "*" : "", safeLine(member), local ? "local" : "", tokens(window), price(input), price(output)];
};

async function models(ports: CliPorts, { json, localOnly }: { json?: boolean; localOnly?: boolean }): Promise<number> {
  const { terminal } = ports;
  const engine = await ports.openEngine({ store: false });
  try {
    const local = localOnly === true || engine.settings.privacy === "local-only";
    const passage: Passage = { privacy: local ? "local-only" : "cloud-allowed", hosts: new Set() };
    const lists = await Promise.all([...engine.providers.values()].map((provider) => listOf(ports, engine, provider, passage)));
    const found = lists.flatMap((list) => list.models);
    const unset = engine.settings.providers.filter((one) => !one.configured).map(({ name }) => name);
    if (json) terminal.out(`${safeJson(found)}\n`);
    else if (found.length > 0) terminal.out(columns([["", "MODEL", "", "WINDOW", "$/M IN", "$/M OUT"], ...found.map(row)]));
    for (const { provider, why } of lists.flatMap((list) => list.silent)) terminal.err(`${provider}: ${fitted(safeLine(why), 160)}\n`);
    if (unset.length > 0) terminal.err(`not configured: ${unset.join(", ")}\n`);
    return found.length > 0 ? EXIT.ok : EXIT.failed;
  } finally {
    await engine.close();
  }
}

const EXAMPLES = `
* = asked when a request names no panel. – = unknown.

Examples:
  $ gekro models
  $ gekro models --local-only
  $ gekro models --json | jq '.[] | select(.context_tokens > 100000) | .member'`;

export const addModels: AddCommand = (program, { ports, done }) => {
  program
    .command("models")
    .description("what each configured provider serves, with window and price")
    .option("--local-only", "ask only local providers")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { json?: boolean; localOnly?: boolean }) => done(await models(ports, options)));
};
