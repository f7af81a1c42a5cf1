/** OLLAMA_HOST in every syntax that Ollama itself accepts, read as its own client reads it. Looks at text only. */
import { parseBase, trim } from "../egress/urls.ts";

export const OLLAMA_PORT = 11434;
export const OLLAMA_DEFAULT = `http://127.0.0.1:${OLLAMA_PORT}`;

export type OllamaHost =
  /** find it: 127.0.0.1, the WSL2 gateway, host.docker.internal */
  | { kind: "auto" }
  /** `userInfo` is `user:password` of the URL, for an `Authorization: Basic` header */
  | { kind: "url"; baseUrl: string; userInfo: string | null }
  | { kind: "refused" };

const REFUSED: OllamaHost = { kind: "refused" };

/** What a client connects to where a server would listen everywhere. */
function connectable(host: string): string {
  if (host === "" || host === "0.0.0.0" || host === "localhost") return "127.0.0.1";
  return host === "[::]" ? "[::1]" : host;
}

interface Parts {
  scheme: string | null;
  userInfo: string | null;
  host: string;
  port: string;
  path: string;
}

/** Splits by hand: the forms without a scheme are no URLs. */
function split(text: string): Parts | null {
  const at = text.indexOf("://");
  const scheme = at < 0 ? null : text.slice(0, at).toLowerCase();
  const rest = at < 0 ? text : text.slice(at + 3);
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  const sign = authority.lastIndexOf("@");
  const userInfo = sign < 0 ? null : authority.slice(0, sign);
  const place = authority.slice(sign + 1);
  const bareSix = !place.startsWith("[") && place.split(":").length > 2;
  if (bareSix) return { scheme, userInfo, host: `[${place}]`, port: "", path };
  const found = /^(\[[0-9a-f:.]*\]|[^:[\]]*)(?::(\d{1,5}))?$/i.exec(place);
  return found === null ? null : { scheme, userInfo, host: found[1] ?? "", port: found[2] ?? "", path };
}

function defaultPort(scheme: string | null, host: string): { scheme: string; port: string } {
  if (scheme === null) return host === "ollama.com" ? { scheme: "https", port: "443" } : { scheme: "http", port: String(OLLAMA_PORT) };
  return { scheme, port: scheme === "https" ? "443" : "80" };
}

function decoded(userInfo: string | null): string | null {
  try {
    return userInfo === null ? null : decodeURIComponent(userInfo);
  } catch {
    return userInfo;
  }
}

export function parseOllamaHost(given: string): OllamaHost {
  const text = given
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2")
    .trim();
  if (text === "auto") return { kind: "auto" };
  const parts = split(text);
  if (parts === null) return REFUSED;
  const host = connectable(parts.host.toLowerCase());
  const { scheme, port } = defaultPort(parts.scheme, host);
  if (scheme !== "http" && scheme !== "https") return REFUSED;
  const chosen = String(Number(parts.port === "" ? port : parts.port));
  const implied = chosen === (scheme === "https" ? "443" : "80");
  const base = parseBase(`${scheme}://${host}${implied ? "" : `:${chosen}`}${parts.path}`);
  return base === null ? REFUSED : { kind: "url", baseUrl: trim(base.href), userInfo: decoded(parts.userInfo) };
}
