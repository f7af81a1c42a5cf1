/** What each provider says to a prompt that is longer than its window (texts as seen in the wild, 2026). */
import type { ProviderName } from "./asked.ts";
import type { ErrorWords } from "./dialects/dialect.ts";

const INVALID = "invalid_request_error";

export function overflowOf(provider: ProviderName, tokens: number, window: number): { status: number; words: ErrorWords } {
  const refused = (message: string, code: string | null, param: string | null): { status: number; words: ErrorWords } => ({
    status: 400,
    words: { message, type: INVALID, code, param },
  });
  switch (provider) {
    case "openai":
      return refused(
        `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens.`,
        "context_length_exceeded",
        "messages",
      );
    case "groq":
      return refused("Please reduce the length of the messages or completion.", "context_length_exceeded", "messages");
    case "together":
      // Together's pages name 403 for this; its servers also send 400 and 422
      return {
        ...refused(`The input (${tokens} tokens) is longer than the model's context length (${window} tokens).`, null, null),
        status: 403,
      };
    case "anthropic":
      return refused(`prompt is too long: ${tokens} tokens > ${window} maximum`, null, null);
    case "ollama": {
      // an error object as text inside the error text
      const inner = {
        code: 400,
        message: "the request exceeds the available context size, try increasing it",
        type: "exceed_context_size_error",
      };
      return refused(JSON.stringify({ error: { ...inner, n_prompt_tokens: tokens, n_ctx: window } }), null, null);
    }
    default:
      return provider satisfies never;
  }
}
