/** `serve` and `demo`: hand over to the service entries, which run until they are told to stop. */
import { EXIT } from "./exits.ts";
import type { AddCommand } from "./ports.ts";

export const addServe: AddCommand = (program, { ports, done }) => {
  program
    .command("serve")
    .description("run the service (the same as npm start); HOST, PORT and everything else come from the environment")
    .addHelpText("after", "\nExamples:\n  $ gekro serve\n  $ PORT=9000 CONSENSUS_PRIVACY=local-only gekro serve")
    .action(async () => {
      await ports.start("serve");
      done(EXIT.ok);
    });
};

export const addDemo: AddCommand = (program, { ports, done }) => {
  program
    .command("demo")
    .description("run the service with three simulated providers: no key, no Ollama needed")
    .addHelpText("after", "\nExamples:\n  $ gekro demo\n  $ PORT=9000 gekro demo")
    .action(async () => {
      await ports.start("demo");
      done(EXIT.ok);
    });
};
