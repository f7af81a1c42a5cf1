/** The contract of a wire format: reading a request, and saying an answer or an error as the real service would. Imports no implementation. */
import type { Json } from "../../../adjudicator/index.ts";
import type { Answer, Asked, ProviderName } from "../asked.ts";

/** The pieces of a streamed reply, each as it goes over the wire, so that a fault can cut anywhere. */
export interface Frames {
  open: string[];
  content: string[];
  /** finish marker, usage and terminator: a stream without them is cut */
  close: string[];
}
export interface ErrorWords {
  message: string;
  type: string;
  code: string | null;
  param?: string | null;
}
/** What both forms of a reply need beside the answer. */
export interface Facts {
  /** key of every id in the reply */
  key: string;
  /** seconds since 1970 */
  created: number;
  /** the model named in the reply */
  model: string;
  promptTokens: number;
  outputTokens: number;
  /** time that the reply took, ms */
  tookMs: number;
  /** the reply tells no token counts */
  omitUsage?: true;
}
/** A reply on a route that makes no answer: model lists, proofs, health. */
export interface Info {
  status: number;
  body: Json | string;
}

export interface Dialect {
  readonly name: ProviderName;
  readonly streamType: string;
  /** joined to the server's address it is the base URL that the provider's SDK wants */
  readonly basePath: string;
  readonly chatPath: string;
  /** the real service answers 401 without a key */
  readonly needsKey: boolean;
  /** null = the body is no request of this dialect */
  read(body: unknown): Asked | null;
  whole(asked: Asked, answer: Answer, facts: Facts): { [key: string]: Json };
  frames(asked: Asked, answer: Answer, facts: Facts): Frames;
  error(words: ErrorWords, key: string): { [key: string]: Json };
  /** an error in mid-stream */
  errorFrame(words: ErrorWords, key: string): string;
  /** any JSON text as one frame of a stream */
  wrap(json: string): string;
  /** a frame that carries no content: a comment or an empty line */
  readonly keepAlive: string;
  headers(facts: Facts): Record<string, string>;
  info(method: string, path: string, body: unknown): Info | null;
}
