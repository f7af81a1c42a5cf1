/** `mcp`: hands standard input and output over to the MCP server, for a host that starts this program itself. */
import { EXIT } from "./exits.ts";
import type { AddCommand } from "./ports.ts";

const ABOUT = `
A host starts this program itself; put into its list of servers:
  { "mcpServers": { "gekro": { "command": "gekro", "args": ["mcp"] } } }
from a clone, which has no gekro on the path:
  { "mcpServers": { "gekro": { "command": "npm", "args": ["--prefix", "/path/to/the/clone", "run", "-s", "gekro", "--", "mcp"] } } }

Providers and keys come from the environment, as for every other command. A running
service offers the same over HTTP, at /mcp.`;

export const addMcp: AddCommand = (program, { ports, done }) => {
  program
    .command("mcp")
    .description("serve the Model Context Protocol on standard input and output")
    .addHelpText("after", ABOUT)
    .action(async () => {
      await ports.start("mcp");
      done(EXIT.ok);
    });
};
