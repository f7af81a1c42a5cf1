/** `doctor`: looks at configuration, machine, store, providers and models, and says what is wrong and how to mend it. Never prints a key. */
import { providerOf, splitMember } from "../core/member.ts";
import { ConfigError } from "../core/problem.ts";
import { NetworkError, type Passage, type Transport } from "../egress/egress.ts";
import type { Check } from "./doctor/check.ts";
import { type Loss, losses } from "./doctor/losses.ts";
import { memberChecks } from "./doctor/models.ts";
import { providerChecks } from "./doctor/providers.ts";
import { panelChecks, storeCheck, variableChecks } from "./doctor/setup.ts";
import type { Survey } from "./doctor/survey.ts";
import { doctorText, tally } from "./doctor/text.ts";
import { type Visit, visitProvider } from "./doctor/visit.ts";
import { wslChecks } from "./doctor/wsl.ts";
import { EXIT } from "./exits.ts";
import type { AddCommand, CliPorts, EmbeddedEngine, EngineOptions } from "./ports.ts";
import { safeJson } from "./safe.ts";
import { readMs } from "./values.ts";

interface Options {
  json?: boolean;
  offline?: boolean;
  ask?: boolean;
  timeout?: number;
}
interface Findings {
  checks: Check[];
  /** null = the configuration was refused */
  losses: Loss[] | null;
}

/** ms that a provider may take over its list */
const PATIENCE_MS = 10_000;
/** ms until the client libraries are read: they would count as the providers' slowness */
const SETTLE_MS = 300;

const seatedIn = ({ panel, adjudicators, fallback }: EmbeddedEngine["settings"]): string[] => [
  ...new Set([...panel, ...adjudicators, ...fallback]),
];

/** Not even the search for Ollama leaves the process. */
const unplugged = (transport: Transport): Transport => ({
  ...transport,
  fetch: () => Promise.reject(new NetworkError("connect", "", false)),
});

async function visits(ports: CliPorts, engine: EmbeddedEngine, passage: Passage, options: Options): Promise<Map<string, Visit>> {
  const seated = seatedIn(engine.settings).map(splitMember);
  const asked = [...engine.providers.values()].map((provider) => {
    const models = seated.filter((one) => one.provider === provider.name).map(({ model }) => model);
    const { offline = false, ask = false, timeout } = options;
    return visitProvider(ports, provider, {
      engine,
      passage,
      models,
      offline,
      ask,
      patienceMs: timeout ?? PATIENCE_MS,
      answerMs: timeout ?? null,
    });
  });
  return new Map((await Promise.all(asked)).map((visit) => [visit.provider, visit]));
}

function membersIn(ports: CliPorts, engine: EmbeddedEngine, passage: Passage, seen: ReadonlyMap<string, Visit>): Map<string, Check[]> {
  const today = new Date(ports.clock.wall()).toISOString().slice(0, 10);
  const known = new Set(engine.settings.providers.map(({ name }) => name));
  const checksOf = (member: string): Check[] => {
    const { provider, model } = splitMember(member);
    const one = { member, model, visit: seen.get(provider) ?? null, unknown: !known.has(provider), facts: engine.facts(member) };
    return memberChecks({ ...one, privacy: passage.privacy, today });
  };
  return new Map(seatedIn(engine.settings).map((member) => [member, checksOf(member)]));
}

function lossesOf(
  engine: EmbeddedEngine,
  passage: Passage,
  seen: ReadonlyMap<string, Visit>,
  members: ReadonlyMap<string, Check[]>,
): Loss[] {
  const alive = (member: string): boolean => {
    const visit = seen.get(providerOf(member));
    if (visit === undefined || visit.models?.ok === false) return false;
    if (passage.privacy === "local-only" && !visit.local) return false;
    return !(members.get(member) ?? []).some(({ mark }) => mark === "fail");
  };
  const local = new Set(engine.settings.providers.filter((one) => one.local).map(({ name }) => name));
  const remote = (member: string): boolean => {
    const { provider, model } = splitMember(member);
    const proof = seen.get(provider)?.proofs.get(model);
    return !local.has(provider) || (proof?.proved === false && proof.reason === "privacy-excluded");
  };
  return losses(engine.settings, alive, remote);
}

async function examine(ports: CliPorts, engine: EmbeddedEngine, survey: Survey, options: Options): Promise<Findings> {
  const { settings } = engine;
  const passage: Passage = { privacy: settings.privacy === "local-only" ? "local-only" : "cloud-allowed", hosts: new Set() };
  if (!options.offline) await new Promise<void>((resolve) => void ports.clock.timer(SETTLE_MS, resolve));
  const seen = await visits(ports, engine, passage, options);
  const seated = new Set(seatedIn(settings).map(providerOf));
  const members = membersIn(ports, engine, passage, seen);
  const providers = settings.providers.flatMap((known) =>
    providerChecks(known, seen.get(known.name) ?? null, survey, seated.has(known.name)),
  );
  const checks = [
    ...variableChecks(survey, null),
    ...panelChecks(settings),
    ...wslChecks(survey, seen.get("ollama") ?? null),
    storeCheck(survey),
    ...providers,
    ...[...members.values()].flat(),
  ];
  return { checks, losses: lossesOf(engine, passage, seen, members) };
}

async function findingsOf(ports: CliPorts, options: Options): Promise<Findings> {
  const survey = await ports.survey();
  const opening: EngineOptions = options.offline ? { store: false, wrap: unplugged } : { store: false };
  let engine: EmbeddedEngine;
  try {
    engine = await ports.openEngine(opening);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { checks: [...variableChecks(survey, error), ...wslChecks(survey, null), storeCheck(survey)], losses: null };
  }
  try {
    return await examine(ports, engine, survey, options);
  } finally {
    await engine.close();
  }
}

async function doctor(ports: CliPorts, options: Options): Promise<number> {
  const { terminal } = ports;
  const { checks, losses: lost } = await findingsOf(ports, options);
  const healthy = !checks.some(({ mark }) => mark === "fail") && (lost === null || lost[0]?.outcome !== "no-answer");
  if (options.json) {
    terminal.out(`${safeJson({ ok: healthy, checks, losses: lost })}\n`);
  } else {
    terminal.out(doctorText(checks, lost, terminal.outIsTty ? terminal.style : (_ink, text) => text));
    terminal.err(`${tally(checks)}\n`);
  }
  return healthy ? EXIT.ok : EXIT.failed;
}

const EXAMPLES = `
Exit code 1 when something is broken. No prompt is sent without --ask; keys and values of variables are never shown.

Examples:
  $ gekro doctor
  $ gekro doctor --ask            a short prompt to every seated model, a few tokens each
  $ gekro doctor --offline        what can be said without any call
  $ gekro doctor --json | jq '.checks[] | select(.mark == "fail")'`;

export const addDoctor: AddCommand = (program, { ports, done }) => {
  program
    .command("doctor")
    .description("check configuration, keys, providers, models and WSL2, and say what would happen if each provider died")
    .option("--ask", "also send every seated model a short prompt")
    .option("--offline", "call nobody")
    .option("--timeout <time>", "longest wait for each reply: 1500ms, 30s, 2m", readMs)
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => done(await doctor(ports, options)));
};
