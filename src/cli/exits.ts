/** How a command ends: the exit codes, and the error of a command line that is wrong. */

export const EXIT = { ok: 0, failed: 1, usage: 2, degraded: 3, config: 78, interrupted: 130 } as const;

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
