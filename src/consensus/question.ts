/** The conversation as one text, for the adjudicator's prompt: the bare question when there is just one, else who said what. Pure. */
import type { ChatMessage } from "../core/chat.ts";

export function questionOf(messages: readonly ChatMessage[]): string {
  const [only] = messages;
  if (messages.length === 1 && only?.role === "user") return only.content;
  return messages
    .map((message) => {
      const calls = message.role === "assistant" && message.tool_calls ? `\n${JSON.stringify(message.tool_calls)}` : "";
      return `${message.role}: ${message.content ?? ""}${calls}`;
    })
    .join("\n\n");
}
