/** Every variable the service reads, with its default and meaning: the one source of the README's configuration table. Holds data only. */

export interface Variable {
  name: string;
  /** as the table shows it; "–" = none */
  default: string;
  doc: string;
}
const row = (name: string, fallback: string, doc: string): Variable => ({ name, default: fallback, doc });

export const CONFIG_TABLE: readonly Variable[] = [
  row(
    "HOST",
    "`127.0.0.1`",
    "address to listen on; one that is not loopback needs `CONSENSUS_API_KEYS`, else the start is refused (exit code 78)",
  ),
  row("PORT", "`8787`", "port to listen on; 0 takes a free one"),
  row(
    "CONSENSUS_API_KEYS",
    "–",
    "comma-separated bearer tokens; when set, every route but health, contract, problem pages and the page's own files needs one",
  ),
  row(
    "CONSENSUS_ALLOWED_HOSTS",
    "loopback names and `HOST`",
    "comma-separated Host header names, without port, that are answered (DNS rebinding)",
  ),
  row("CONSENSUS_RATE_LIMIT_RPM", "off", "requests per minute and key, then 429"),
  row(
    "CONSENSUS_LOCAL_ADDRESSES",
    "loopback only",
    "comma-separated literal addresses or CIDR blocks that count as local too (a Pi on the LAN, the WSL2 gateway); `localhost` is read as 127.0.0.1",
  ),
  row("TOGETHER_API_KEY", "–", "key of provider `together`"),
  row("TOGETHER_BASE_URL", "`https://api.together.ai/v1`", "its base URL, ending in `/v1` (added to a URL without a path)"),
  row("GROQ_API_KEY", "–", "key of provider `groq`"),
  row("GROQ_BASE_URL", "`https://api.groq.com`", "its base URL, without `/openai/v1` (taken off if there)"),
  row(
    "OLLAMA_HOST",
    "`127.0.0.1:11434`",
    "provider `ollama`, in every syntax Ollama itself takes; `auto` looks on 127.0.0.1, the WSL2 gateway and host.docker.internal",
  ),
  row("OLLAMA_API_KEY", "–", "bearer key of a tunnel or of ollama.com; never sent in the clear beyond a local address"),
  row("OPENAI_API_KEY", "–", "key of provider `openai`"),
  row("OPENAI_BASE_URL", "`https://api.openai.com/v1`", "its base URL, ending in `/v1` (added to a URL without a path)"),
  row("ANTHROPIC_API_KEY", "–", "key of provider `anthropic`"),
  row("ANTHROPIC_BASE_URL", "`https://api.anthropic.com`", "its base URL, without `/v1` (taken off if there)"),
  row(
    "CONSENSUS_PROVIDERS",
    "–",
    'JSON map of further OpenAI-compatible services: `{"lmstudio":{"base_url":"http://127.0.0.1:1234/v1","api_key_env":"LMSTUDIO_KEY","local":true,"model":"qwen3-8b"}}`; `local` needs a loopback or listed address, `model` joins the default panel',
  ),
  row(
    "CONSENSUS_PANEL",
    "one default model of each configured provider",
    "comma-separated members, `provider/model` split at the first slash",
  ),
  row("CONSENSUS_ADJUDICATORS", "panel order", "comma-separated ladder of `provider/model`, tried in order"),
  row("CONSENSUS_FALLBACK", "panel order", "comma-separated chain of `provider/model` for strategy `fallback`"),
  row(
    "CONSENSUS_MODELS",
    "built-in table",
    "JSON map of `provider/model` to `context_tokens`, `max_output_tokens`, `input_usd_per_mtok`, `output_usd_per_mtok`, `timeout_ms`, `max_concurrency`, `num_ctx`, `weight`",
  ),
  row("CONSENSUS_QUORUM", "`2`", "fewest distinct members with a usable answer for an undegraded verdict, 1 to 16"),
  row("CONSENSUS_DEADLINE_MS", "`60000`", "one absolute deadline over everything, 1 to 600000"),
  row("CONSENSUS_GRACE_MS", "`5000`", "wait for the rest after quorum, 0 to the deadline"),
  row(
    "CONSENSUS_PRIVACY",
    "`cloud-allowed`",
    "laxest class any request may have: `local-only`, `cloud-allowed`, or `auto` (personal data in a request keeps it local)",
  ),
  row("CONSENSUS_HEDGE", "–", "JSON map of `provider/model` to the `provider/model` asked in its place when it is unusually silent"),
  row("CONSENSUS_DB", "`./data/consensus.db`", "SQLite file on Node, `:memory:` allowed; Workers use the D1 binding `DB`"),
  row("CONSENSUS_STORE_CONTENT", "`true`", "`false`: reports are kept without prompt and answer texts"),
  row("CONSENSUS_OTEL_ENDPOINT", "–", "base URL of an OTLP/HTTP collector for traces; off without it"),
  row("LOG_LEVEL", "`info`", "`debug`, `info`, `warn` or `error`"),
];

/** Markdown, for the README. */
export function renderConfigTable(): string {
  const lines = CONFIG_TABLE.map(({ name, default: fallback, doc }) => `| \`${name}\` | ${fallback} | ${doc.replaceAll("|", "\\|")} |`);
  return ["| variable | default | meaning |", "|---|---|---|", ...lines].join("\n");
}
