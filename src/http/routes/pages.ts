/** Pages for people: the front page and one page per problem. No script, no request. */
import { isRetryable, Problem, problemDocument, PROBLEMS, type ProblemSlug } from "../../core/problem.ts";
import { PROBLEM_WORDS } from "../../core/problem-words.ts";
import type { Route } from "../deps.ts";
import { escapeHtml } from "../render/text.ts";
import { page } from "../render/html.ts";
import { PAGE_POLICY, reply } from "../replies.ts";

const html = (body: string): Response => reply(body, 200, "text/html; charset=utf-8", { "content-security-policy": PAGE_POLICY });

const RETRY: Record<"yes" | "no" | "told", string> = {
  yes: "Yes: the same request may succeed later. Where there is a Retry-After header, not before it.",
  no: "No: the same request will fail again until something in it is changed.",
  told: "Only where a Retry-After header says when; without one, waiting does not help.",
};
function problemBody(slug: ProblemSlug): string {
  const [status, title] = PROBLEMS[slug];
  const { means, action, example } = PROBLEM_WORDS[slug];
  const retry = slug === "no-members" ? "told" : isRetryable(slug) ? "yes" : "no";
  const sample = problemDocument(new Problem(slug, example), "/consensus", "req_0123456789abcdef");
  return `<h1>${slug}</h1><p>HTTP ${status}. ${escapeHtml(title)}.</p>
<h2>What it means</h2><p>${escapeHtml(means)}</p><h2>What to do</h2><p>${escapeHtml(action)}</p>
<h2>Is it worth trying again?</h2><p>${RETRY[retry]}</p>
<h2>Example</h2><pre>${escapeHtml(JSON.stringify(sample, null, 2))}</pre><p><a href="/docs">The whole contract</a></p>`;
}

function problemPage(slug: string): Response {
  if (!Object.hasOwn(PROBLEMS, slug)) throw new Problem("not-found", "there is no problem of this name");
  return html(page(slug, problemBody(slug as ProblemSlug)));
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
