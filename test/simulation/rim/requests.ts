/** What is sent to the HTTP rim: guards' business, wrong requests, spellings of paths. Data and draws; sends nothing. */
import type { Chance } from "../seeded.ts";

export interface Ask {
  method: string;
  path: string;
  host: string | null;
  origin: string | null;
  site: string | null;
  /** the Authorization header */
  auth: string | null;
  body: string | null;
  headers: Record<string, string>;
}

export const HOST = "127.0.0.1:8787";
const REPORT = `/reports/run_${"0".repeat(32)}`;
const RUN = JSON.stringify({ prompt: "#r0# How many?", deadline_ms: 1000 });
/** Every kind of route; open ones need no key. */
const ROUTES: readonly { method: string; path: string; body?: string; open?: true }[] = [
  { method: "POST", path: "/consensus", body: RUN },
  { method: "POST", path: "/v1/chat/completions", body: '{"model":"consensus","messages":[{"role":"user","content":"#r0# hi"}]}' },
  { method: "POST", path: "/v1/responses", body: '{"model":"consensus","input":"#r0# hi"}' },
  { method: "GET", path: "/v1/models" },
  {
    method: "POST",
    path: "/mcp",
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"consensus","arguments":{"prompt":"#r0#"}}}',
  },
  { method: "GET", path: "/reports" },
  { method: "GET", path: REPORT },
  { method: "DELETE", path: REPORT },
  { method: "POST", path: `${REPORT}/feedback`, body: '{"useful":true}' },
  { method: "POST", path: `${REPORT}/adjudicate`, body: '{"strategy":"vote"}' },
  { method: "GET", path: `/jobs/job_${"0".repeat(32)}` },
  { method: "GET", path: "/status" },
  { method: "GET", path: "/metrics" },
  { method: "GET", path: "/openapi.json", open: true },
  { method: "GET", path: "/problems/not-found", open: true },
  { method: "GET", path: "/nowhere" },
];

const HOSTS = [HOST, HOST, HOST, "localhost", "LOCALHOST:1", "127.0.0.1"];
const BAD_HOSTS = [
  null,
  "",
  "evil.test",
  "127.0.0.1.evil.test",
  "evil.test:8787",
  "127.1",
  "2130706433",
  "0x7f.0.0.1",
  "[::ffff:127.0.0.1]",
  "127.0.0.1:8787:1",
  "127.0.0.1:x",
  "localhost.",
  "user@127.0.0.1",
  "0.0.0.0",
];
const BAD_ORIGINS = [
  "null",
  "http://evil.test",
  "http://127.0.0.1:8788",
  "https://localhost.evil.test",
  "http://127.0.0.1:8787.evil.test",
  "file://",
  "",
];
const BAD_SITES = ["cross-site", "same-site", "Same-Origin", "x"];
const badAuths = (key: string): (string | null)[] => [
  null,
  "",
  "Bearer",
  "Bearer ",
  `Bearer ${key.slice(0, -1)}`,
  `Bearer ${key}x`,
  `Bearer ${key.toUpperCase()}`,
  `bearer ${key}`,
  `Basic ${key}`,
  `Bearer  ${key}`,
  `Bearer ${key}, Bearer x`,
  `${key}`,
  "Bearer ' OR 1=1 --",
];

export const rightAsk = (key: string, change: Partial<Ask> = {}): Ask => ({
  method: "GET",
  path: "/status",
  host: HOST,
  origin: null,
  site: null,
  auth: `Bearer ${key}`,
  body: null,
  headers: {},
  ...change,
});

export interface GuardCase {
  ask: Ask;
  /** what the first guard that objects says; null = none does */
  refusal: "host-not-allowed" | "origin-not-allowed" | "unauthenticated" | null;
}
/** Any route, with some of Host, Origin, site and key wrong; and what must come of it, by the order of the guards. */
export function guardCase(rng: Chance, key: string): GuardCase {
  const route = rng.one(ROUTES);
  const [wrongHost, wrongOrigin, wrongSite, wrongKey] = [rng.odds(0.3), rng.odds(0.3), rng.odds(0.2), rng.odds(0.6)];
  const host = wrongHost ? rng.one(BAD_HOSTS) : rng.one(HOSTS);
  const own = `http://${(host ?? "").toLowerCase()}`;
  const origin = wrongOrigin ? rng.one(BAD_ORIGINS) : rng.one([null, own]);
  const site = wrongSite ? rng.one(BAD_SITES) : rng.one([null, "same-origin", "none"]);
  const auth = wrongKey ? rng.one(badAuths(key)) : `Bearer ${key}`;
  const { method, path, body = null } = route;
  const refusal = wrongHost
    ? "host-not-allowed"
    : wrongOrigin || wrongSite
      ? "origin-not-allowed"
      : wrongKey && route.open !== true
        ? "unauthenticated"
        : null;
  return { ask: { method, path, host, origin, site, auth, body, headers: { prefer: rng.one(["wait=1", "respond-async"]) } }, refusal };
}

const percent = (character: string, upper: boolean): string => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
  return `%${upper ? hex.toUpperCase() : hex}`;
};
/** Another spelling of the same path: none of them may be answered like the path itself. */
function respelled(rng: Chance, path: string): string {
  const at = rng.between(1, path.length - 1);
  const before = path.slice(0, at);
  const after = path.slice(at + 1);
  const letter = path[at] ?? "";
  const slash = path.lastIndexOf("/");
  return rng.one([
    () => `${before}${percent(letter, rng.odds(0.5))}${after}`,
    () => `${before}%25${percent(letter, true).slice(1)}${after}`,
    () => [...path].map((one) => (one === "/" ? one : percent(one, false))).join(""),
    () => `/${path}`,
    () => `${path}/`,
    () => `${path}//`,
    () => `${path}%2F`,
    () => `${path.slice(0, slash)}//${path.slice(slash + 1)}`,
    () => `${slash === 0 ? "/" : path.slice(0, slash)}%2f${path.slice(slash + 1)}`,
    () => `${path.slice(0, slash)}/./${path.slice(slash + 1)}`,
    () => `/x/..${path}`,
    () => `/%2e${path}`,
    () => `/.${path}`,
    () => `${path.slice(0, slash)}\\${path.slice(slash + 1)}`,
    () => `/\\${path}`,
    () => `${path};x=1`,
    () => `${path}%00`,
    () => `${path}%20`,
    () => `${path}.`,
    () => `${path}.json`,
    () => `${before}${letter.toUpperCase() === letter ? `${letter}%7f` : letter.toUpperCase()}${after}`,
    () => `/%00${path}`,
    () => `${path}%c0%af`,
    () => `${path}%`,
    () => `${before}%u0063${after}`,
  ])();
}
export interface SpelledCase {
  ask: Ask;
  route: string;
  keyed: boolean;
}
/** Ids and names that are looked up may be escaped: their routes are left out. */
export function spelledCase(rng: Chance, key: string): SpelledCase {
  const route = rng.one(ROUTES.filter(({ path }) => path !== "/v1/models" && path !== "/nowhere" && !path.startsWith("/jobs/")));
  const keyed = rng.odds(0.5);
  const path = respelled(rng, route.path);
  const { method, body = null } = route;
  return { ask: rightAsk(key, { method, path, body, ...(keyed ? {} : { auth: rng.one([null, "Bearer x"]) }) }), route: route.path, keyed };
}

const JSON_TYPE = { "content-type": "application/json" };
const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
/** Requests that some rule refuses behind the guards; the slug that must come where there is only one. */
const WRONGS: readonly ((rng: Chance) => { ask: Partial<Ask>; slug?: string })[] = [
  () => ({ ask: { path: "/nowhere" }, slug: "not-found" }),
  () => ({ ask: { path: "/v1/nowhere" }, slug: "not-found" }),
  () => ({ ask: { path: "/jobs/x" } }),
  () => ({ ask: { path: "/problems/none" }, slug: "not-found" }),
  (rng) => ({ ask: { method: rng.one(["PUT", "PATCH", "DELETE"]), path: "/consensus" }, slug: "method-not-allowed" }),
  (rng) => ({ ask: { method: rng.one(["GET", "PUT"]), path: rng.one(["/mcp", "/v1/chat/completions"]) }, slug: "method-not-allowed" }),
  () => ({ ask: { path: "/status", headers: { accept: "image/png" } }, slug: "not-acceptable" }),
  () => ({ ask: { path: "/v1/models", headers: { accept: "image/png" } }, slug: "not-acceptable" }),
  (rng) => ({ ask: { path: `/reports?limit=${rng.one(["0", "101", "x", "1e3", "-1"])}` }, slug: "validation-failed" }),
  (rng) => ({ ask: { path: rng.one([REPORT, "/reports/x", `${REPORT}/events`]) } }),
  (rng) => ({
    ask: posted(rng, "{}", { "content-type": rng.one(["text/plain", "application/json; charset=utf-16", "multipart/form-data"]) }),
    slug: "unsupported-media-type",
  }),
  (rng) => ({ ask: posted(rng, "{}", { ...JSON_TYPE, "content-encoding": "gzip" }), slug: "unsupported-media-type" }),
  (rng) => ({ ask: posted(rng, "{}", { ...JSON_TYPE, "content-length": "1048577" }), slug: "payload-too-large" }),
  (rng) => ({ ask: posted(rng, rng.one(["", "{", "nul", '{"a":1}}', "\u0000", deep(33), `{"a":${deep(40)}}`])), slug: "malformed-json" }),
  (rng) => ({ ask: posted(rng, '{"prompt":"x","prompt":"y"}'), slug: "duplicate-key" }),
  (rng) => ({ ask: posted(rng, '{"__proto__":{"privacy":"cloud-allowed"},"prompt":"x"}'), slug: "validation-failed" }),
  (rng) => ({ ask: posted(rng, rng.one(["[]", "1", "null", '"x"'])), slug: "validation-failed" }),
  (rng) => ({
    ask: {
      ...posted(rng, RUN),
      headers: { ...JSON_TYPE, "idempotency-key": rng.one(["", "k".repeat(256), "two words"]) },
      path: "/consensus",
    },
    slug: "bad-idempotency-key",
  }),
  (rng) => ({ ask: { ...posted(rng, JSON.stringify(wrongRun(rng))), path: "/consensus" }, slug: "validation-failed" }),
  (rng) => ({
    ask: {
      ...posted(rng, JSON.stringify({ model: "consensus", messages: [{ role: "user", content: "x" }], ...wrongChat(rng) })),
      path: "/v1/chat/completions",
    },
    slug: "validation-failed",
  }),
  (rng) => ({
    ask: {
      ...posted(rng, JSON.stringify({ model: rng.one(["nobody/x", "consensus:x", "gpt"]), messages: [{ role: "user", content: "x" }] })),
      path: "/v1/chat/completions",
    },
    slug: "not-found",
  }),
  (rng) => ({
    ask: {
      ...posted(rng, rng.one(['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', '{"jsonrpc":"2.0"}', '{"id":1,"method":"tools/list"}'])),
      path: "/mcp",
    },
  }),
  (rng) => ({ ask: { ...posted(rng, JSON.stringify(toolCall(rng, wrongRun(rng)))), path: "/mcp" } }),
  (rng) => ({
    ask: { ...posted(rng, RUN), path: "/consensus", headers: { ...JSON_TYPE, prefer: "respond-async" } },
    slug: "store-unavailable",
  }),
];
const posted = (rng: Chance, body: string, headers: Record<string, string> = JSON_TYPE): Partial<Ask> => ({
  method: "POST",
  path: rng.one(["/consensus", "/v1/chat/completions", "/v1/responses", "/mcp"]),
  body,
  headers: { accept: "application/json, text/event-stream", ...headers },
});
const wrongRun = (rng: Chance): Record<string, unknown> => ({
  prompt: "#r0# x",
  ...rng.one([
    { surprise: 1 },
    { quorum: -1 },
    { deadline_ms: 1e9 },
    { panel: ["nomember"] },
    { panel: [] },
    { strategy: "best" },
    { temperature: "hot" },
    { messages: [{ role: "user", content: "x" }] },
    { prompt: " " },
    { grace_ms: 100, deadline_ms: 10 },
    { panel: [{ model: "groq/llama-quick", samples: 9 }] },
    { answer: { type: "choice" } },
    { metadata: { a: 1 } },
    { "<script>\u001b[31m": 1 },
    { tool_choice: "auto" },
  ]),
});
const wrongChat = (rng: Chance): Record<string, unknown> =>
  rng.one<Record<string, unknown>>([
    { n: 2 },
    { messages: null },
    { stream: "yes" },
    { temperature: 9 },
    { consensus: 1 },
    { consensus: { x: 1 } },
    { model: "" },
  ]);
export const toolCall = (rng: Chance, args: unknown): unknown => ({
  jsonrpc: "2.0",
  id: rng.between(1, 9),
  method: "tools/call",
  params: { name: rng.one(["consensus", "consensus", "compare_models"]), arguments: args, _meta: { progressToken: "p" } },
});

export function wrongCase(rng: Chance, key: string): { ask: Ask; slug: string | null } {
  const { ask, slug = null } = rng.one(WRONGS)(rng);
  return { ask: rightAsk(key, ask), slug };
}
