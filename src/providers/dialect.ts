/** The contract of a wire format: how a request is built and how each object of a reply is read. Imports no implementation. */
import type { Draft } from "./draft.ts";
import type { ChatCall, Failure } from "./provider.ts";
import type { JsonObject } from "./shape.ts";

export interface BuiltRequest {
  body: JsonObject;
  /** request fields left out, by request name */
  ignored: string[];
}

/** Stands for the event's name where an object is the whole reply. */
export const WHOLE = "the whole reply";

/** How one wire format is spoken; everything else is common. */
export interface Dialect {
  /** form of its streams */
  framing: "sse" | "ndjson";
  /** streams even when nobody listens, so that first byte and idleness mean something */
  alwaysStreams: boolean;
  build(call: ChatCall, streaming: boolean): BuiltRequest;
  /** reads one object (a whole reply or one event) into the draft; true = nothing more will come */
  take(object: JsonObject, draft: Draft, event: string | null): boolean;
  /** a last look at an error status, where a service means something of its own by it */
  revise?(failed: Failure, body: string): Failure;
}
