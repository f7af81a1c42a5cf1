/** `gekro mcp`: the official client starts the program itself and speaks to it over its standard streams, in both eras of the protocol. */
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "@modelcontextprotocol/client";
import { reportSchema } from "../../src/consensus/report-schema.ts";
import type { Report } from "../../src/core/report.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { GEKRO, ROOT, gekro } from "../cli/spawned.ts";
import { type Era, ERAS, newClient, textOf, typeOf, until } from "./kit.ts";

let simulator: Simulator;
let env: Record<string, string>;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 5 });
  env = { ...simulator.environment(), CONSENSUS_DB: ":memory:", CONSENSUS_PRIVACY: "cloud-allowed", LOG_LEVEL: "error" };
});
afterAll(() => simulator.close());

async function connect(era: Era): Promise<{ client: Client; transport: StdioClientTransport }> {
  const transport = new StdioClientTransport({ command: process.execPath, args: [GEKRO, "mcp"], env, cwd: ROOT, stderr: "inherit" });
  const client = newClient(era);
  await client.connect(transport);
  return { client, transport };
}
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.each(ERAS)("a %s client over stdio", (era) => {
  test("lists, calls with progress, reads the report again, gets problems, cancels, and ends the program by leaving", async () => {
    const { client, transport } = await connect(era);
    expect(client.getServerVersion()?.name).toBe("gekro-consensus");
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(["consensus", "compare_models", "get_report"]);

    const messages: (string | undefined)[] = [];
    const panel = ["together/meta-llama/one", "groq/two", "ollama/three"];
    const call = { name: "consensus", arguments: { prompt: "What is 17 + 25?", answer: { type: "number" }, panel, stop: "all" } };
    const made = await client.callTool(call, { onprogress: ({ message }) => void messages.push(message) });
    const report = made.structuredContent as unknown as Report;
    expect(reportSchema.safeParse(report).error).toBeUndefined();
    expect([report.value, textOf(made)]).toEqual([42, report.answer]);
    expect(messages).toHaveLength(3);
    expect(messages.at(-1)).toMatch(/^\S+ answered \(3 of 3\)$/);
    expect((await client.callTool({ name: "get_report", arguments: { id: report.id } })).structuredContent).toEqual(report);
    expect((await client.listResources()).resources[0]?.uri).toBe(`consensus://reports/${report.id}`);

    const refused = await client.callTool({ name: "consensus", arguments: {} });
    expect([refused.isError, typeOf(refused)]).toEqual([true, "/problems/validation-failed"]);

    await simulator.fault("groq", "stall-headers");
    const before = simulator.seen("groq").length;
    const leave = new AbortController();
    const stopped = client.callTool({ name: "consensus", arguments: { prompt: "hi", panel: ["groq/held"] } }, { signal: leave.signal });
    const failing = expect(stopped).rejects.toThrow("enough");
    const held = await until(() => simulator.seen("groq")[before]);
    leave.abort("enough");
    await failing;
    await until(() => held.abortedAt !== null);
    await simulator.fault("groq", null);

    const pid = transport.pid as number;
    await client.close();
    await until(() => !isAlive(pid));
  });
});

test("calls in flight are stopped, and the exit code is 0, when the host closes the streams", async () => {
  await simulator.fault("groq", "stall-headers");
  const before = simulator.seen("groq").length;
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  };
  const call = {
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "consensus", arguments: { prompt: "hi", panel: ["groq/left"] } },
  };
  const input = [initialize, { jsonrpc: "2.0", method: "notifications/initialized" }, call]
    .map((one) => `${JSON.stringify(one)}\n`)
    .join("");
  const { code, out } = await gekro(["mcp"], { env, input });
  await simulator.fault("groq", null);
  expect(code).toBe(0);
  const lines = out.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1]);
  expect(
    simulator
      .seen("groq")
      .slice(before)
      .every(({ abortedAt }) => abortedAt !== null),
  ).toBe(true);
});
