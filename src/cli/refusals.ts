/** What a command says when it cannot do its work: one clear line, the refused fields below it, never a stack. */
import { ConfigError, Problem } from "../core/problem.ts";
import { EXIT, UsageError } from "./exits.ts";
import type { Terminal } from "./ports.ts";
import { safeLine } from "./safe.ts";

export const isProblem = (error: unknown): error is Problem => error instanceof Problem;

export function exitOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.config;
  if (error instanceof UsageError) return EXIT.usage;
  return isProblem(error) && error.slug === "validation-failed" ? EXIT.usage : EXIT.failed;
}

export function complain(terminal: Terminal, error: unknown): void {
  if (isProblem(error)) {
    terminal.err(`gekro: ${error.slug}: ${safeLine(error.detail)}\n`);
    const more = (error.extras.errors ?? []).slice(1);
    for (const { pointer, message } of more) terminal.err(`  ${safeLine(pointer)}: ${safeLine(message)}\n`);
    return;
  }
  terminal.err(`gekro: ${safeLine(error instanceof Error ? error.message : "something broke")}\n`);
}
