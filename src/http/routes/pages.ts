/** Pages for people: the front page with its own files, and one page per problem. */
import { isRetryable, Problem, problemDocument, PROBLEMS, type ProblemSlug } from "../../core/problem.ts";
import { PROBLEM_WORDS } from "../../core/problem-words.ts";
import { PAGE_CSS, PAGE_HTML, PAGE_JS, TOLD_JS } from "../../web/index.ts";
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

/** The front page runs its own script, and asks this service alone. */
const FRONT_POLICY = PAGE_POLICY.replace("style-src 'self'", "script-src 'self'; style-src 'self'; connect-src 'self'");
const script = (text: string): Response => reply(text, 200, "text/javascript; charset=utf-8");

function problemIndex(): Response {
  const rows = Object.entries(PROBLEMS).map(([slug, [status, title]]) => ({ slug, status, title: escapeHtml(title) }));
  const lines = rows
    .sort((a, b) => a.status - b.status)
    .map(({ slug, status, title }) => `<tr><td>${status}</td><td><a href="/problems/${slug}">${slug}</a></td><td>${title}</td></tr>`);
  return html(page("Problems", `<h1>Problems</h1><table><tr><th>HTTP</th><th>problem</th><th></th></tr>${lines.join("")}</table>`));
}

export const pageRoutes: Route[] = [
  {
    path: "/",
    open: true,
    methods: { GET: () => reply(PAGE_HTML, 200, "text/html; charset=utf-8", { "content-security-policy": FRONT_POLICY }) },
  },
  { path: "/page.css", open: true, methods: { GET: () => reply(PAGE_CSS, 200, "text/css; charset=utf-8") } },
  { path: "/page.js", open: true, methods: { GET: () => script(PAGE_JS) } },
  { path: "/told.js", open: true, methods: { GET: () => script(TOLD_JS) } },
  { path: "/problems", open: true, methods: { GET: problemIndex } },
  { path: "/problems/:slug", open: true, methods: { GET: ({ params }) => problemPage(params.slug ?? "") } },
];
