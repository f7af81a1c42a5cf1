/** Pages for people: the front page and one page per problem. No script, no request. */
import { Problem, PROBLEMS, type ProblemSlug } from "../../core/problem.ts";
import type { Route } from "../deps.ts";
import { escapeHtml } from "../render/text.ts";
import { page } from "../render/html.ts";
import { PAGE_POLICY, reply } from "../replies.ts";

const html = (body: string): Response => reply(body, 200, "text/html; charset=utf-8", { "content-security-policy": PAGE_POLICY });

function problemPage(slug: string): Response {
  if (!Object.hasOwn(PROBLEMS, slug)) throw new Problem("not-found", "there is no problem of this name");
  const [status, title] = PROBLEMS[slug as ProblemSlug];
  return html(page(slug, `<h1>${escapeHtml(slug)}</h1><p>HTTP ${status}. ${escapeHtml(title)}.</p>`));
}

const FRONT = page(
  "Gekro Consensus",
  `<h1>Gekro Consensus</h1><p>Asks several language models the same thing, counts what can be counted, and hands back one answer with an honest report.</p>
<p>Post a question to <code>/consensus</code>. State: <a href="/status">/status</a>, <a href="/readyz">/readyz</a>. Stored runs: <a href="/reports">/reports</a>. Contract: <a href="/docs">/docs</a>, <a href="/openapi.json">/openapi.json</a>.</p>`,
);

export const pageRoutes: Route[] = [
  { path: "/", open: true, methods: { GET: () => html(FRONT) } },
  { path: "/problems/:slug", open: true, methods: { GET: ({ params }) => problemPage(params.slug ?? "") } },
];
