/** MCP over streamable HTTP, spoken by the official client: tools, progress, cancellation, problems, reports, and no answer for the wrong client. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemSchema, reportSchema } from "../../src/consensus/report-schema.ts";
import { requestFields } from "../../src/consensus/schema.ts";
import type { Report } from "../../src/core/report.ts";
import { openStage, type Stage } from "../clients/kit.ts";
import { connect, ERAS, textOf, typeOf, until } from "./kit.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ CONSENSUS_API_KEYS: "key-one,key-two" }, { listedModelsOnly: false });
});
afterAll(() => stage.close());

const key = (name: string): Record<string, string> => ({ authorization: `Bearer key-${name}` });
/** Breakers are per provider and model: each test asks models of its own. */
let series = 0;
const panelOf = (): string[] => {
  series += 1;
  return [`together/meta-llama/model-${series}`, `groq/openai/model-${series}`, `ollama/model-${series}`];
};
const sum = { prompt: "What is 17 + 25?", answer: { type: "number" }, stop: "all" };

describe.each(ERAS)("a %s client", (era) => {
  test("sees three tools with their schemas", async () => {
    const client = await connect(stage.url, era, key("one"));
    expect(client.getProtocolEra()).toBe(era);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(["consensus", "compare_models", "get_report"]);
    const [consensus, compare, get] = tools;
    expect(Object.keys(consensus?.inputSchema.properties ?? {})).toEqual(Object.keys(requestFields));
    const described = Object.values(consensus?.inputSchema.properties ?? {}) as { description?: string }[];
    expect(described.every(({ description = "" }) => description !== "")).toBe(true);
    expect(compare?.inputSchema).toEqual(consensus?.inputSchema);
    expect(get?.inputSchema).toMatchObject({ type: "object", required: ["id"] });
    for (const tool of tools) expect(tool.outputSchema).toMatchObject({ type: "object", anyOf: [{ type: "object" }, { type: "object" }] });
    await client.close();
  });

  test("is told of every member and gets the report, and reads it again", async () => {
    const client = await connect(stage.url, era, key("one"));
    await client.listTools();
    const panel = panelOf();
    const told: { progress: number; total?: number; message?: string }[] = [];
    const made = await client.callTool(
      { name: "consensus", arguments: { ...sum, panel } },
      { onprogress: (progress) => void told.push(progress) },
    );
    const report = made.structuredContent as unknown as Report;
    expect(reportSchema.safeParse(report).error).toBeUndefined();
    expect([made.isError, textOf(made)]).toEqual([undefined, report.answer]);
    expect(report).toMatchObject({ value: 42, status: "complete", storage: { stored: true } });
    expect(told.map(({ progress, total }) => [progress, total])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(told.map(({ message }) => message?.replace(/ \(\d of 3\)$/, "")).sort()).toEqual(panel.map((one) => `${one} answered`).sort());
    const again = await client.callTool({ name: "get_report", arguments: { id: report.id } });
    expect(again.structuredContent).toEqual(report);
    const { resources } = await client.listResources();
    expect(resources[0]?.uri).toBe(`consensus://reports/${report.id}`);
    const { contents } = await client.readResource({ uri: `consensus://reports/${report.id}` });
    expect(JSON.parse((contents[0] as { text: string }).text)).toEqual(report);
    expect((await client.listResourceTemplates()).resourceTemplates[0]?.uriTemplate).toBe("consensus://reports/{id}");
    await client.close();
  });

  test("compares models: the answer, then each member's own", async () => {
    const client = await connect(stage.url, era, key("one"));
    const panel = panelOf();
    const made = await client.callTool({ name: "compare_models", arguments: { prompt: "Why is the sky blue?", panel } });
    const report = made.structuredContent as unknown as Report;
    expect(report.request).toMatchObject({ strategy: "vote", stop: "all" });
    expect(report.adjudication).toBeNull();
    expect(textOf(made)).toBe(report.answer);
    expect(panel.every((member, index) => textOf(made, index + 1).startsWith(`${member} answered:\n`))).toBe(true);
    await client.close();
  });

  test("has its upstream calls stopped when it cancels", async () => {
    const client = await connect(stage.url, era, key("one"));
    await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, "stall-headers")));
    const panel = panelOf();
    const leave = new AbortController();
    const call = client.callTool({ name: "consensus", arguments: { ...sum, panel } }, { signal: leave.signal });
    const failing = expect(call).rejects.toThrow("enough");
    const isMine = ({ json }: { json: unknown }): boolean => {
      const { model, messages } = (json ?? {}) as { model?: string; messages?: unknown };
      return messages !== undefined && panel.some((member) => member.endsWith(`/${model}`));
    };
    const mine = () => (["together", "groq"] as const).flatMap((name) => stage.simulator.seen(name).filter(isMine));
    await until(() => mine().length >= 2);
    leave.abort("enough");
    await failing;
    await until(() => mine().every(({ abortedAt }) => abortedAt !== null));
    await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, null)));
    await client.close();
  });

  test("gets a problem as a tool error, with pointers or with the report", async () => {
    const client = await connect(stage.url, era, key("one"));
    await client.listTools();
    const refused = await client.callTool({ name: "consensus", arguments: { prompt: "hi", strategy: "guess" } });
    expect(refused.isError).toBe(true);
    expect(problemSchema.safeParse(refused.structuredContent).error).toBeUndefined();
    expect(refused.structuredContent).toMatchObject({
      type: "/problems/validation-failed",
      instance: "/mcp",
      errors: [{ pointer: "/strategy" }],
    });
    expect(JSON.parse(textOf(refused))).toEqual(refused.structuredContent);
    const missing = await client.callTool({ name: "get_report", arguments: { id: `run_${"0".repeat(32)}` } });
    expect([missing.isError, typeOf(missing)]).toEqual([true, "/problems/not-found"]);
    await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, "401")));
    const failed = await client.callTool({ name: "consensus", arguments: { ...sum, panel: panelOf() } });
    await Promise.all(stage.simulator.providers.map((name) => stage.simulator.fault(name, null)));
    expect([failed.isError, typeOf(failed)]).toEqual([true, "/problems/no-candidates"]);
    expect(reportSchema.safeParse((failed.structuredContent as { report?: unknown }).report).error).toBeUndefined();
    expect(textOf(failed)).not.toContain('"outcomes"');
    await client.close();
  });

  test("finds no report of another key, by tool, by list or by URI", async () => {
    const [one, two] = await Promise.all([connect(stage.url, era, key("one")), connect(stage.url, era, key("two"))]);
    const made = await one.callTool({ name: "consensus", arguments: { ...sum, panel: panelOf() } });
    const { id } = made.structuredContent as unknown as Report;
    expect(typeOf(await two.callTool({ name: "get_report", arguments: { id } }))).toBe("/problems/not-found");
    expect((await two.listResources()).resources.map(({ uri }) => uri)).not.toContain(`consensus://reports/${id}`);
    await expect(two.readResource({ uri: `consensus://reports/${id}` })).rejects.toThrow("not found");
    await Promise.all([one.close(), two.close()]);
  });
});

const call = (id: number, nonce: string, model: string) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "consensus", arguments: { prompt: `Say ${nonce}`, panel: [`groq/${model}`], metadata: { nonce } } },
});
const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL("/mcp", stage.url), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...key("one"), ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const dataOf = (text: string): unknown => JSON.parse(text.slice(text.lastIndexOf("data: ") + "data: ".length));

test("200 clients that use the same JSON-RPC id each get their own answer", async () => {
  const nonces = Array.from({ length: 200 }, (_, index) => `nonce-${index}-${Math.random().toString(36).slice(2)}`);
  const answers = await Promise.all(nonces.map(async (nonce) => dataOf(await (await post(call(1, nonce, "same"))).text())));
  const got = answers.map((answer) => {
    const { id, result } = answer as { id: number; result: { structuredContent: { request: { metadata: { nonce: string } } } } };
    return [id, result.structuredContent.request.metadata.nonce];
  });
  expect(got).toEqual(nonces.map((nonce) => [1, nonce]));
});

test("a client that names no event stream gets its answer as one JSON body, progress left out", async () => {
  const { method, params, ...rest } = call(5, "plain", "plain");
  const asked = { ...rest, method, params: { ...params, _meta: { progressToken: "p" } } };
  for (const accept of ["application/json", "*/*", ""]) {
    const response = await post(asked, { accept });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.json()).toMatchObject({ id: 5, result: { structuredContent: { schema: "consensus.report/1" } } });
  }
  const listed = await post({ jsonrpc: "2.0", id: 6, method: "tools/list" }, { accept: "text/event-stream" });
  expect([listed.status, listed.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(dataOf(await listed.text())).toMatchObject({ id: 6, result: { tools: [{ name: "consensus" }, {}, {}] } });
  const refused = await post({ jsonrpc: "2.0", id: 7, method: "ping" }, { accept: "image/png" });
  expect([refused.status, await refused.json()]).toMatchObject([406, { error: { data: { type: "/problems/not-acceptable" } } }]);
});

test("a cancellation reaches no call of another session, and none without one", async () => {
  await stage.simulator.fault("groq", "stall-headers");
  const session = "a".repeat(32);
  const before = stage.simulator.seen("groq").length;
  const leave = new AbortController();
  const pending = fetch(new URL("/mcp", stage.url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...key("one"),
      "mcp-session-id": session,
    },
    body: JSON.stringify(call(7, "held", "held")),
    signal: leave.signal,
  }).then((response) => response.text());
  pending.catch(() => {});
  const held = await until(() => stage.simulator.seen("groq")[before]);
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
  const others: Record<string, string>[] = [{}, { "mcp-session-id": "b".repeat(32) }, { "mcp-session-id": session, ...key("two") }];
  for (const headers of others) expect((await post(cancel, headers)).status).toBe(202);
  expect(held.abortedAt).toBeNull();
  expect((await post(cancel, { "mcp-session-id": session })).status).toBe(202);
  await until(() => held.abortedAt !== null);
  expect(dataOf(await pending)).toMatchObject({ id: 7, result: { isError: true } });
  await stage.simulator.fault("groq", null);
});

test("a client that hangs up has its upstream calls stopped", async () => {
  await stage.simulator.fault("groq", "stall-headers");
  const before = stage.simulator.seen("groq").length;
  const leave = new AbortController();
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...key("one") },
  };
  const pending = fetch(new URL("/mcp", stage.url), { ...init, body: JSON.stringify(call(1, "left", "left")), signal: leave.signal });
  const reading = pending.then((response) => response.text());
  reading.catch(() => {});
  const held = await until(() => stage.simulator.seen("groq")[before]);
  leave.abort();
  await until(() => held.abortedAt !== null);
  await stage.simulator.fault("groq", null);
});

const rpc = (code: number): object => ({ jsonrpc: "2.0", id: null, error: { code, message: expect.any(String) as string } });
test.each([
  ["no key", 401, -32000, () => post({}, { authorization: "" })],
  ["a page of another origin", 403, -32000, () => post({}, { origin: "http://evil.example" })],
  ["GET", 405, -32000, () => fetch(new URL("/mcp", stage.url), { headers: key("one") })],
  ["DELETE", 405, -32000, () => fetch(new URL("/mcp", stage.url), { method: "DELETE", headers: key("one") })],
  ["another media type", 415, -32000, () => post("{}", { "content-type": "text/plain" })],
  ["no JSON", 400, -32700, () => post("{")],
  ["a key twice", 400, -32600, () => post('{"id":1,"id":2}')],
  ["too many bytes", 413, -32000, () => post(JSON.stringify("x".repeat(1024 * 1024)))],
  ["a batch", 422, -32600, () => post([call(1, "a", "a"), call(2, "b", "b")])],
  ["no JSON-RPC", 400, -32600, () => post({ hello: "world" })],
])("%s is refused in JSON-RPC's form", async (_, status, code, ask) => {
  const response = await ask();
  expect([response.status, response.headers.get("cache-control"), response.headers.get("x-content-type-options")]).toEqual([
    status,
    "no-store",
    "nosniff",
  ]);
  expect(await response.json()).toMatchObject(rpc(code));
});

test("no key is passed on to an upstream", async () => {
  await (await post(call(1, "key", "key"))).text();
  const sent = JSON.stringify(stage.simulator.seen("groq").at(-1));
  expect(sent).not.toContain("key-one");
});

test("a subscription is refused: nothing changes that could be listened for", async () => {
  const client = await connect(stage.url, "modern", key("one"));
  await expect(client.listen({ toolsListChanged: true })).rejects.toThrow("Subscription limit reached");
  await client.close();
});
