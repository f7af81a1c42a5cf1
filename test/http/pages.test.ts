/** Pages for people: open without a key, held by their policy, and one page for every problem. */
import { expect, test } from "vitest";
import { PROBLEMS } from "../../src/core/problem.ts";
import { ROUTES } from "../../src/http/routes/index.ts";
import { keys, scene } from "./kit.ts";

test("the front page and its files need no key, run no script but their own and ask nobody else", async () => {
  const { ask } = await scene({ apiKeys: await keys("secret") });
  const front = await ask("/");
  const html = await front.text();
  expect([front.status, front.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(front.headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  );
  const files = [...html.matchAll(/(?:src|href)="(\/page\.\w+)"/g)].map(([, path]) => path ?? "");
  expect(files).toEqual(["/page.css", "/page.js"]);
  const types = await Promise.all([...files, "/told.js"].map(async (path) => (await ask(path)).headers.get("content-type")));
  expect(types).toEqual(["text/css; charset=utf-8", "text/javascript; charset=utf-8", "text/javascript; charset=utf-8"]);
  expect(await (await ask("/page.js")).text()).toContain('from "/told.js"');
  expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=|https?:/);
});
test("every route that needs a key makes JSON or text, and says so when something else is asked for", async () => {
  const plugs = { providers: ["groq"], fault: () => Promise.resolve(), current: () => null };
  const { ask, runs } = await scene({ plugs });
  const routes = ROUTES.filter(({ open, path }) => !open && path !== "/reports/:id");
  for (const { path, methods } of routes) {
    const method = Object.keys(methods)[0] ?? "GET";
    const at = path.replace(/:id(?:\{[^}]*\})?/, `job_${"0".repeat(32)}`).replace(":provider", "groq");
    const init = { method, headers: { accept: "image/png" }, ...(method === "POST" ? { json: {} } : {}) };
    expect([path, (await ask(at, init)).status]).toEqual([path, 406]);
  }
  expect(runs).toHaveLength(0);
});
test("all problems are on one page, each with a link to its own", async () => {
  const { ask } = await scene({ apiKeys: await keys("secret") });
  const index = await ask("/problems");
  const html = await index.text();
  expect(index.status).toBe(200);
  const links = [...html.matchAll(/href="(\/problems\/[a-z-]+)"/g)].map(([, path]) => path ?? "");
  expect(links.toSorted()).toEqual(
    Object.keys(PROBLEMS)
      .map((slug) => `/problems/${slug}`)
      .toSorted(),
  );
  for (const path of links) expect((await ask(path)).status).toBe(200);
});
