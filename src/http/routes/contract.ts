/** The contract: as OpenAPI for programs, as a page for people. Open, so that a caller without a key can learn that it needs one. */
import type { Route } from "../deps.ts";
import { contractOf } from "../openapi/document.ts";
import { contractPage, DOCS_CSS } from "../openapi/page.ts";
import { JSON_TYPE, PAGE_POLICY, reply } from "../replies.ts";

const HTML_TYPE = "text/html; charset=utf-8";
let shown: { version: string; html: string } | null = null;
function pageOf(version: string): string {
  if (shown?.version !== version) shown = { version, html: contractPage(contractOf(version).document) };
  return shown.html;
}

export const contractRoutes: Route[] = [
  { path: "/openapi.json", open: true, methods: { GET: (_call, { version }) => reply(contractOf(version).text, 200, JSON_TYPE) } },
  {
    path: "/docs",
    open: true,
    methods: { GET: (_call, { version }) => reply(pageOf(version), 200, HTML_TYPE, { "content-security-policy": PAGE_POLICY }) },
  },
  { path: "/docs.css", open: true, methods: { GET: () => reply(DOCS_CSS, 200, "text/css; charset=utf-8") } },
];
