/** The command line: one program out of the one list of commands. Resolves to the exit code; prints every expected failure as one line. */
import tab from "@bomb.sh/tab/commander";
import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exits.ts";
import type { CliPorts } from "./ports.ts";
import { complain, exitOf } from "./refusals.ts";

const ABOUT = "Ask several language models the same thing at once and get one answer with an honest report.";
const EXAMPLES = `
Examples:
  $ gekro ask "Why is the sky blue?"
  $ tail -n 500 syslog | gekro ask "what went wrong?" --local-only
  $ gekro demo
  $ gekro completion bash >> ~/.bashrc

Each command has examples of its own: gekro help <command>`;
const MOST_HELP_COLUMNS = 100;

/** A refused flag or command names what would have been accepted. */
function nameWhatIsAccepted(program: Command): void {
  const help = program.createHelp();
  const names = help.visibleCommands(program).map((command) => command.name());
  program.showHelpAfterError(`commands: ${names.join(", ")}`);
  for (const command of program.commands) {
    const flags = help.visibleOptions(command).map((option) => option.long ?? option.flags);
    command.showHelpAfterError(`${command.name()} accepts: ${flags.join(", ")}`);
  }
}

const COMPLETION_EXAMPLES = `
Examples:
  $ gekro completion bash >> ~/.bashrc
  $ gekro completion zsh > ~/.zfunc/_gekro
  $ gekro completion fish > ~/.config/fish/completions/gekro.fish`;

/** Reads the finished program, so it comes last. */
function addCompletion(program: Command): void {
  tab(program, { completionCommandName: "completion" });
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("print the script that lets a shell complete commands and flags")
    .addHelpText("after", COMPLETION_EXAMPLES);
}

function makeProgram(ports: CliPorts, done: (code: number) => void): Command {
  const { terminal } = ports;
  const program = new Command("gekro")
    .description(ABOUT)
    .version(ports.version, "-V, --version")
    .addHelpText("after", EXAMPLES)
    .configureHelp({ subcommandTerm: (command) => command.name(), helpWidth: Math.min(MOST_HELP_COLUMNS, terminal.columns()) })
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: (text, write) => write(text.replace(/^error/, "gekro")),
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, { ports, done });
  addCompletion(program);
  nameWhatIsAccepted(program);
  return program;
}

/** `argv` without the interpreter and the script. */
export async function main(argv: readonly string[], ports: CliPorts): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram(ports, (given) => (code = given));
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    // help and version were asked for and printed; everything else of commander's is a wrong command line
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (ports.signal.aborted) return EXIT.interrupted;
    complain(ports.terminal, error);
    return exitOf(error);
  }
}
