/** Who is turned away, in which order, and that nothing happens before. */
import { expect, test } from "vitest";
import type { AppDeps } from "../../src/http/deps.ts";
import { hasCorpus, orSkipped, readJson } from "../kit/corpus.ts";
import { keys, scene, slugOf } from "./kit.ts";

interface MatrixRow {
  id: string;
  method: string;
  path: string;
  host: string;
  origin: string | null;
  content_type?: string;
  sec_fetch_site?: string;
  acrm?: string;
  expect: { pass?: boolean; status?: number; problem?: string[]; absent_header?: string; same_decision_as?: string; or_status?: number };
}
const FILE = "attacks/own/host_origin_matrix.json";
const present = hasCorpus(FILE);
const matrix: MatrixRow[] = present ? readJson<{ items: MatrixRow[] }>(FILE).items : [];

test.skipIf(!present).each([false, true])(`the matrix of hosts and origins holds, with keys: %s${orSkipped(present)}`, async (withKeys) => {
  const token = "a-right-key";
  const { ask, runs, deps } = await scene(withKeys ? { apiKeys: await keys(token) } : {});
  const id = `run_${"0".repeat(32)}`;
  for (const row of matrix) {
    const headers = new Headers();
    const fill = (text: string): string => text.replaceAll("PORT", "8787").replaceAll("ID", id);
    if (withKeys) headers.set("authorization", `Bearer ${token}`);
    if (row.origin !== null) headers.set("origin", fill(row.origin));
    if (row.sec_fetch_site) headers.set("sec-fetch-site", row.sec_fetch_site);
    if (row.acrm) headers.set("access-control-request-method", row.acrm);
    if (row.content_type !== undefined) headers.set("content-type", row.content_type);
    if (row.method === "TRACE") continue;
    const before = runs.length;
    const body = row.method === "POST" ? '{"prompt":"hi"}' : undefined;
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const response = await ask(fill(row.path), { method: row.method, headers, body: bytes, host: fill(row.host) });
    const { expect: wanted } = row;
    if (wanted.pass) expect([row.id, response.status]).toEqual([row.id, 200]);
    else expect([row.id, runs.length]).toEqual([row.id, before]);
    if (wanted.status) expect([row.id, response.status, await slugOf(response)]).toEqual([row.id, wanted.status, wanted.problem?.[0]]);
    if (wanted.absent_header) expect([row.id, response.headers.get(wanted.absent_header)]).toEqual([row.id, null]);
    if (wanted.or_status) expect([row.id, response.status]).toEqual([row.id, wanted.or_status]);
    for (const name of response.headers.keys()) expect(name.startsWith("access-control-")).toBe(false);
  }
  expect(deps.apiKeys.length).toBe(withKeys ? 1 : 0);
});

test("guards run in their order: Host, Origin, key, route, method, media type, size, parse, schema", async () => {
  const { ask, runs } = await scene({ apiKeys: await keys("k") });
  const right = { authorization: "Bearer k" };
  const huge = "x".repeat(1024 * 1024 + 1);
  const json = { "content-type": "application/json" };
  const steps: [string, Promise<Response>][] = [
    [
      "host-not-allowed",
      ask("/nowhere", { host: "evil.example", headers: { origin: "https://evil.example" }, method: "POST", body: huge }),
    ],
    ["origin-not-allowed", ask("/nowhere", { headers: { origin: "https://evil.example" }, method: "POST", body: huge })],
    ["unauthenticated", ask("/nowhere", { method: "POST", body: huge })],
    ["not-found", ask("/nowhere", { method: "POST", body: huge, headers: right })],
    ["method-not-allowed", ask("/consensus", { method: "PUT", body: huge, headers: right })],
    ["not-acceptable", ask("/consensus", { body: huge, headers: { ...right, accept: "image/png" } })],
    ["unsupported-media-type", ask("/consensus", { body: huge, headers: { ...right, "content-type": "text/plain" } })],
    ["unsupported-media-type", ask("/consensus", { body: huge, headers: { ...right, ...json, "content-encoding": "gzip" } })],
    ["payload-too-large", ask("/consensus", { body: huge, headers: { ...right, ...json } })],
    ["malformed-json", ask("/consensus", { body: '{"prompt":', headers: { ...right, ...json } })],
    ["validation-failed", ask("/consensus", { json: { prompts: "hi" }, headers: right })],
  ];
  for (const [slug, reply] of steps) expect(await slugOf(await reply)).toBe(slug);
  expect(runs).toHaveLength(0);
});

test("an open route needs no key, every other one does", async () => {
  const { ask } = await scene({ apiKeys: await keys("k") });
  for (const path of ["/healthz", "/readyz", "/", "/problems/overloaded"]) expect([path, (await ask(path)).status]).toEqual([path, 200]);
  for (const path of ["/status", "/reports", `/reports/run_${"0".repeat(32)}`, "/metrics", "/jobs/x", "/Healthz"]) {
    const response = await ask(path);
    expect([path, response.status, response.headers.get("www-authenticate")]).toEqual([path, 401, "Bearer"]);
  }
});

test("only a whole, exact bearer token opens the door", async () => {
  const { ask } = await scene({ apiKeys: await keys("first-key", "second-key") });
  const status = async (authorization: string): Promise<number> => (await ask("/status", { headers: { authorization } })).status;
  expect(await status("Bearer first-key")).toBe(200);
  expect(await status("Bearer second-key")).toBe(200);
  for (let length = 0; length < "first-key".length; length++) expect(await status(`Bearer ${"first-key".slice(0, length)}`)).toBe(401);
  for (const wrong of [
    "",
    "first-key",
    "bearer first-key",
    "Basic first-key",
    "Bearer  first-key",
    "Bearer first-key,second-key",
    "Bearer ' OR 1=1 --",
  ])
    expect([wrong, await status(wrong)]).toEqual([wrong, 401]);
});

test("/healthz answers under any Host, nothing else does", async () => {
  const { ask } = await scene();
  expect((await ask("/healthz", { host: "10.0.0.7:8787" })).status).toBe(200);
  expect((await ask("/readyz", { host: "10.0.0.7:8787" })).status).toBe(403);
  expect((await ask("/readyz", { host: null })).status).toBe(403);
});

test("every other spelling of a path is not found, or decided like the path itself", async () => {
  const { ask, runs } = await scene({ apiKeys: await keys("k") });
  const spellings = [
    "//consensus",
    "/consensus/",
    "/%63onsensus",
    "/consensus%2F",
    "/./consensus/",
    "/consensus;a=b",
    "/CONSENSUS",
    "/x/..%2fconsensus",
    "/consensus%00",
  ];
  for (const path of spellings) {
    const bare = await ask(path, { json: { prompt: "hi" } });
    expect([path, bare.status]).toEqual([path, 401]);
    const keyed = await ask(path, { json: { prompt: "hi" }, headers: { authorization: "Bearer k" } });
    expect([path, keyed.status]).toEqual([path, 404]);
  }
  expect(runs).toHaveLength(0);
});

test("a bucket per key empties, says when to come back, and refills", async () => {
  const { ask, clock } = await scene({ apiKeys: await keys("a", "b"), rateLimitRpm: 3 });
  const status = async (key: string): Promise<Response> => ask("/status", { headers: { authorization: `Bearer ${key}` } });
  for (let call = 0; call < 3; call++) expect((await status("a")).status).toBe(200);
  const refused = await status("a");
  expect([refused.status, await slugOf(refused), refused.headers.get("retry-after")]).toEqual([429, "rate-limited", "20"]);
  expect((await status("b")).status).toBe(200);
  expect((await ask("/healthz")).status).toBe(200);
  await clock.advance(20_000);
  expect((await status("a")).status).toBe(200);
  expect((await status("a")).status).toBe(429);
});

test("wrong methods name the right ones, OPTIONS and HEAD are answered without a body", async () => {
  const { ask } = await scene();
  for (const method of ["PUT", "PATCH", "GET", "HEAD"]) {
    const response = await ask("/consensus", { method });
    expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "POST, OPTIONS"]);
  }
  const options = await ask("/reports", { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow"), await options.text()]).toEqual([204, "GET, HEAD, OPTIONS", ""]);
  const head = await ask("/healthz", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("every reply carries the security headers, a request id, and no name of a server", async () => {
  const { ask } = await scene();
  for (const path of ["/healthz", "/", "/status", "/reports", "/nowhere", "/problems/internal", "/problems/nope"]) {
    const { headers } = await ask(path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-type")).toMatch(/charset=utf-8$/);
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{16}$/);
    expect(headers.get("server") ?? headers.get("x-powered-by")).toBeNull();
  }
});

test("while the service stops only what says so is answered", async () => {
  const { ask, runs } = await scene({ draining: () => true });
  expect((await ask("/healthz")).status).toBe(200);
  for (const path of ["/readyz", "/status", "/reports"]) {
    const response = await ask(path);
    expect([path, response.status, await slugOf(response)]).toEqual([path, 503, "shutting-down"]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  }
  expect(await slugOf(await ask("/consensus", { json: { prompt: "hi" } }))).toBe("shutting-down");
  expect(runs).toHaveLength(0);
});

test("a service that is not ready says when to look again, unless nobody is configured and waiting cannot help", async () => {
  const member = { member: "groq/a", local: false } as ReturnType<AppDeps["members"]>[number];
  const notReady = (configured: boolean): Promise<Response> =>
    scene({ canAnswer: () => Promise.resolve(false), members: () => [member], provider: () => ({ configured }) }).then(({ ask }) =>
      ask("/readyz"),
    );
  const [later, never] = [await notReady(true), await notReady(false)];
  expect([later.status, later.headers.get("retry-after"), await later.json()]).toMatchObject([503, "5", { retryable: true }]);
  expect([never.status, never.headers.get("retry-after"), await never.json()]).toMatchObject([503, null, { retryable: false }]);
});
