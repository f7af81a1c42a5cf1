/** What the commands are lent by the runtime: a terminal, an engine in this process, the services to start. Holds types only. */
import type { Command } from "commander";
import type { Consensus, RunRequest } from "../consensus/consensus.ts";
import type { Clock, Fetch, PrivacyClass, Random } from "../core/ports.ts";
import type { Egress, Transport } from "../egress/egress.ts";
import type { Panel } from "../panel/panel.ts";
import type { ModelFacts, Provider } from "../providers/provider.ts";
import type { ReportStore } from "../store/store.ts";
import type { Survey } from "./doctor/survey.ts";
import type { EvalPorts } from "./eval/ports.ts";

/** The engine in this process, as far as commands use it. */
export interface EmbeddedEngine {
  consensus: Consensus;
  panel: Panel;
  /** throws Problem `validation-failed` */
  parse(body: unknown): RunRequest;
  reports: ReportStore | null;
  providers: ReadonlyMap<string, Provider>;
  facts(member: string): ModelFacts;
  egress: Egress;
  settings: {
    panel: string[];
    adjudicators: string[];
    fallback: string[];
    quorum: number;
    deadlineMs: number;
    privacy: PrivacyClass | "auto";
    providers: readonly { name: string; local: boolean; configured: boolean; baseUrl: string | null }[];
    version: string;
  };
  close(): Promise<void>;
}
export interface EngineOptions {
  /** false: opens no database, remembers nothing */
  store: boolean;
  /** sees (and may change) every request on its way to the network */
  wrap?: (transport: Transport) => Transport;
}

export interface Terminal {
  /** standard output: what was asked for, and nothing else */
  out(text: string): void;
  /** standard error: progress, losses, complaints */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** columns of the terminal behind standard error; asked again at every drawing */
  columns(): number;
  /** colours for standard error, the text as it is where none are wanted (NO_COLOR, a pipe) */
  style: Style;
}
export type Ink = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Style = (ink: Ink, text: string) => string;

/** null = standard input is a terminal or nothing at all. */
export interface Piped {
  /** rejects with a UsageError above the cap; `onSlow` is called once when nobody has closed it for seconds */
  read(onSlow: () => void): Promise<string>;
}

export interface CliPorts {
  terminal: Terminal;
  piped: Piped | null;
  env(name: string): string | undefined;
  clock: Clock;
  random: Random;
  /** Ctrl-C: reason "cancelled" */
  signal: AbortSignal;
  /** for `--server` alone; every call of the engine passes the guard */
  fetch: Fetch;
  /** throws ConfigError */
  openEngine(options: EngineOptions): Promise<EmbeddedEngine>;
  /** this machine and its configuration, without calling anybody; never rejects */
  survey(): Promise<Survey>;
  /** runs a service in this process until it is told to stop; `mcp` on its standard streams, until the host closes them */
  start(service: "serve" | "demo" | "mcp"): Promise<void>;
  /** files and services of an evaluation; absent where there are none */
  openEvaluation?(): Promise<EvalPorts>;
  version: string;
}

/** What a command is handed. */
export interface Shell {
  ports: CliPorts;
  /** the exit code of the command that ran */
  done(code: number): void;
}
/** Adds one command to the program; its action ends in `shell.done(exit code)`. */
export type AddCommand = (program: Command, shell: Shell) => void;
