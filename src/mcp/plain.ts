/** The library answers those alone who accept JSON and event streams both: this lets in who names one of them or neither, and gives back one JSON body where no stream was asked for. */

const BOTH = "application/json, text/event-stream";
const EVENTS = "text/event-stream";

/** Whoever names event streams gets them, progress and all; everybody else gets the answer alone. */
export const takesEvents = ({ headers }: Request): boolean => (headers.get("accept") ?? "").toLowerCase().includes(EVENTS);

/** The same request, as the library wants its Accept; its body has been read already. */
export function acceptingBoth({ url, method, headers: given, signal }: Request): Request {
  const headers = new Headers(given);
  headers.set("accept", BOTH);
  return new Request(url, { method, headers, signal });
}

const isAnswer = (data: string): boolean => {
  const message = JSON.parse(data) as Record<string, unknown>;
  return "result" in message || "error" in message;
};

/** A stream's answer as a body of its own; replies that are no stream stay as they are. */
export async function withoutEvents(response: Response): Promise<Response> {
  if (response.headers.get("content-type")?.startsWith(EVENTS) !== true) return response;
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  const answer = lines.map((line) => line.slice("data: ".length)).findLast(isAnswer);
  const headers = new Headers(response.headers);
  headers.set("content-type", "application/json");
  return answer === undefined ? new Response(null, { status: 202 }) : new Response(answer, { status: response.status, headers });
}
