/** The rules for URL texts: what an endpoint may look like, and what lies below it. Looks at text only, never at the network. */

/** The parsed base URL, or null: http(s), no user info, query or fragment, and equal to its own normal form but for a trailing slash. */
export function parseBase(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  return trim(url.href) === trim(text) ? url : null;
}

/** Without one trailing slash. */
export const trim = (text: string): string => (text.endsWith("/") ? text.slice(0, -1) : text);

/** Whether `url` is `base` or below it: same origin, and its path continues at a slash. */
export function isBelow(url: URL, base: URL): boolean {
  if (url.origin !== base.origin || url.username !== "" || url.password !== "" || url.hash !== "") return false;
  const prefix = trim(base.pathname);
  return trim(url.pathname) === prefix || url.pathname.startsWith(`${prefix}/`);
}

/**
 * A request URL as an SDK wrote it, or null when the text is not what it normalises to (dot segments, backslashes, control
 * characters). Writing out the default port is the one liberty: ollama's client always does.
 */
export function parseRequest(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return null;
  if (trim(text) === trim(url.href)) return url;
  const port = url.protocol === "https:" ? ":443" : ":80";
  const spelled = url.href.replace(url.host, url.host + port);
  return url.port === "" && text === spelled ? url : null;
}
