/** What a body may be: hostile JSON in bounded time, and never a run for a body that is refused. */
import { expect, test } from "vitest";
import { hasCorpus, orSkipped, readLines } from "../kit/corpus.ts";
import { scene, type Scene, slugOf } from "./kit.ts";

const JSON_HEADERS = { "content-type": "application/json" };
const post = (ask: Scene["ask"], body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  ask("/consensus", { body, headers: { ...JSON_HEADERS, ...headers } });
const repeat = (count: number, of: (index: number) => string, joint = ","): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(joint);
const bytes = (...parts: (string | number[])[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

interface Bomb {
  id: string;
  body: BodyInit;
  status: number;
  slug?: string;
}
const DUP = { status: 400, slug: "duplicate-key" };
const BAD = { status: 400, slug: "malformed-json" };
const NO = { status: 422, slug: "validation-failed" };
const OK = { status: 200 };
/** Keys that are numbers hash to themselves in some engines. */
const colliding = (index: number): string => `"${index * 2 ** 20}":1`;
const BOMBS: Bomb[] = [
  { id: "B01 100,000 brackets", body: "[".repeat(100_000), ...BAD },
  { id: "B03 10,000 deep", body: `{"messages":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, ...BAD },
  { id: "depth 33", body: `{"metadata":${'{"a":'.repeat(32)}1${"}".repeat(32)}}`, ...BAD },
  { id: "depth 32", body: `{"metadata":${'{"a":'.repeat(31)}1${"}".repeat(31)}}`, ...NO },
  { id: "B05 40,000 keys", body: `{${repeat(40_000, (index) => `"k${index}":1`)}}`, ...BAD },
  { id: "B05 100,000 keys", body: `{${repeat(100_000, (index) => `"${index.toString(36)}":1`)}}`, ...BAD },
  { id: "B07 20,000 keys that collide", body: `{${repeat(20_000, colliding)}}`, ...BAD },
  { id: "9,000 keys that collide", body: `{${repeat(9000, colliding)}}`, ...NO },
  { id: "B09 constructor at the root", body: '{"prompt":"hi","constructor":{"prototype":{"polluted":1}}}', ...NO },
  {
    id: "B09 constructor in a message",
    body: '{"messages":[{"role":"user","content":"hi","constructor":{"prototype":{"polluted":1}}}]}',
    ...NO,
  },
  {
    id: "B09 constructor in a seat",
    body: '{"prompt":"hi","panel":[{"model":"groq/a","constructor":{"prototype":{"polluted":1}}}]}',
    ...NO,
  },
  { id: "__proto__ at the root", body: '{"prompt":"hi","__proto__":{"polluted":1}}', ...NO },
  { id: "__proto__ in metadata", body: '{"prompt":"hi","metadata":{"\\u005f_proto__":"x"}}', ...NO },
  { id: "B11 messages twice", body: '{"messages":[],"messages":[{"role":"user","content":"hi"}]}', ...DUP },
  { id: "B11 privacy twice", body: '{"prompt":"hi","privacy":"local-only","privacy":"cloud-allowed"}', ...DUP },
  { id: "B11 privacy twice, escaped", body: '{"prompt":"hi","privacy":"local-only","\\u0070rivacy":"cloud-allowed"}', ...DUP },
  { id: "a key twice, deep", body: '{"prompt":"hi","tools":[{"a":{"b":1, "c":[1,{"x":1}], "b" : 2}}]}', ...DUP },
  ...["2147483648", "0", "-5", "1e15", "null", '"1000"', "1e400", "1.5"].map((value) => ({
    id: `B13 deadline ${value}`,
    body: `{"prompt":"hi","deadline_ms":${value}}`,
    ...NO,
  })),
  { id: "B13 NaN", body: '{"prompt":"hi","deadline_ms":NaN}', ...BAD },
  { id: "B15 byte order mark", body: bytes([0xef, 0xbb, 0xbf], '{"prompt":"hi"}'), ...OK },
  { id: "B17 overlong UTF-8", body: bytes('{"prompt":"', [0xc0, 0xaf], '"}'), ...BAD },
  { id: "B17 0xFF", body: bytes('{"prompt":"', [0xff], '"}'), ...BAD },
  { id: "B17 cut sequence", body: bytes('{"prompt":"', [0xe2, 0x82], '"}'), ...BAD },
  { id: "B19 NUL in content", body: '{"prompt":"a\\u0000b"}', ...OK },
  { id: "B19 NUL in a model name", body: '{"prompt":"hi","panel":["groq/a\\u0000b"]}', ...NO },
  { id: "B21 one long string", body: `{"prompt":"${"x".repeat(1024 * 1024 - 200)}"}`, ...OK },
  { id: "B23 10,000 seats", body: `{"prompt":"hi","panel":[${repeat(10_000, () => '"groq/a"')}]}`, ...NO },
  { id: "B23 no seat", body: '{"prompt":"hi","panel":[]}', ...NO },
  { id: "B23 a nested list", body: '{"prompt":"hi","panel":[["groq/a"]]}', ...NO },
  { id: "B23 no list", body: '{"prompt":"hi","panel":"groq/a"}', ...NO },
  { id: "B23 two equal seats", body: '{"prompt":"hi","panel":["groq/a","groq/a"]}', ...OK },
  { id: "empty", body: "", ...BAD },
  { id: "a list", body: "[]", ...NO },
  { id: "a number", body: "1", ...NO },
  { id: "null", body: "null", ...NO },
  { id: "two values", body: '{"prompt":"hi"} {}', ...BAD },
  { id: "cut", body: '{"prompt":"hi', ...BAD },
  { id: "a quote that never ends, 1 MiB", body: `"${"\\".repeat(1024 * 1024 - 1)}`, ...BAD },
];

test.each(BOMBS)("$id is answered with $status within 50 ms, and the next request is served", async ({ body, status, slug }) => {
  const { ask, runs } = await scene();
  await post(ask, '{"prompt":"warm"}');
  const before = runs.length;
  const from = performance.now();
  const response = await post(ask, body);
  const took = performance.now() - from;
  expect(response.status).toBe(status);
  if (slug) expect(await slugOf(response)).toBe(slug);
  expect(runs.length - before).toBe(status === 200 ? 1 : 0);
  expect(took).toBeLessThan(process.env.CI ? 200 : 100);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((await post(ask, '{"prompt":"hi"}')).status).toBe(200);
});

test("a refused field is named by its pointer", async () => {
  const { ask } = await scene();
  const pointerOf = async (body: string): Promise<string | undefined> =>
    ((await (await post(ask, body)).json()) as { errors?: { pointer: string }[] }).errors?.[0]?.pointer;
  expect(await pointerOf('{"prompt":"hi","panel":["nobody"]}')).toBe("/panel/0");
  expect(await pointerOf('{"prompt":"hi","a/b~c":1}')).toBe("/a~1b~0c");
  expect(await pointerOf('{"prompt":"hi","panel":[{"model":"groq/a","samples":1,"samples":2}]}')).toBe("/panel/0/samples");
  expect(await pointerOf('{"prompt":"hi","metadata":{"x":"1","__proto__":"y"}}')).toBe("/metadata/__proto__");
  expect(await pointerOf('{"messages":[{"role":"user","content":"hi"}],"prompt":"hi"}')).toBe("");
});

test("a chunked body is counted as it comes, and cut at the limit", async () => {
  const { ask, runs } = await scene();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
      if (sent > 64 * 1024 * 1024) controller.close();
    },
  });
  const response = await post(ask, body);
  expect([response.status, await slugOf(response)]).toEqual([413, "payload-too-large"]);
  expect(sent).toBeLessThan(4 * 1024 * 1024);
  const lying = await post(ask, "x".repeat(1024 * 1024 + 1), { "content-length": "10" });
  expect(lying.status).toBe(413);
  expect(runs).toHaveLength(0);
});

test("a body that breaks off is a caller that left: no run, no error in the log", async () => {
  const { ask, runs, logs } = await scene();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"prompt":'));
      controller.error(new Error("the socket is gone"));
    },
  });
  expect((await post(ask, body)).status).toBe(499);
  expect(runs).toHaveLength(0);
  expect(logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test("any content encoding and any other media type is refused", async () => {
  const { ask } = await scene();
  for (const encoding of ["gzip", "br", "zstd", "deflate", "identity"])
    expect(await slugOf(await post(ask, "{}", { "content-encoding": encoding }))).toBe("unsupported-media-type");
  for (const type of [
    "",
    "text/json",
    "application/jsonp",
    "application/json2",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
  ])
    expect([type, (await post(ask, '{"prompt":"hi"}', { "content-type": type })).status]).toEqual([type, 415]);
  for (const type of ["application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"'])
    expect([type, (await post(ask, '{"prompt":"hi"}', { "content-type": type })).status]).toEqual([type, 200]);
});

const SUITE = "attacks/third-party/jsontestsuite.jsonl";
const present = hasCorpus(SUITE);
test.skipIf(!present)(`every text of the JSON test suite is taken or refused as it should be${orSkipped(present)}`, async () => {
  const { ask, runs } = await scene();
  const rows = readLines<{ name: string; expect: "accept" | "reject" | "either"; base64: string }>(SUITE);
  expect(rows.length).toBe(340);
  for (const row of rows) {
    const response = await post(ask, new Uint8Array(Buffer.from(row.base64, "base64")));
    const got = `${response.status} ${await slugOf(response)}`;
    const twice = row.name.startsWith("y_object_duplicated_key");
    const wanted = {
      reject: ["400 malformed-json"],
      accept: [twice ? "400 duplicate-key" : "422 validation-failed"],
      either: ["400 malformed-json", "400 duplicate-key", "422 validation-failed"],
    };
    expect([row.name, wanted[row.expect].includes(got) ? "as wanted" : got]).toEqual([row.name, "as wanted"]);
  }
  expect(runs).toHaveLength(0);
});
