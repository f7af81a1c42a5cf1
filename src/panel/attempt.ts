/** One call to one provider under its phase limits: always ends, at once when cut, and leaves no timer or listener. Never retries. */
import { EgressError, type Egress, type Passage } from "../egress/egress.ts";
import type { Clock, Log } from "../core/ports.ts";
import { alarm, type Cutoff } from "../core/time.ts";
import type { CallIo, ChatCall, ChatReply, ChatResult, Failure, Provider } from "../providers/provider.ts";
import type { Cut } from "./cut.ts";

/** Milliseconds. */
export interface PhaseLimits {
  firstByte: number;
  /** of a model that is still loading only the answer itself is measured */
  wholeFrom: "start" | "first-byte";
  /** between two pieces of content; watched from the first on, in streamed replies from the headers on */
  idle: number;
  whole: number;
}
export interface AttemptOrder {
  provider: Provider;
  call: ChatCall;
  passage: Passage;
  cutoff: Cutoff<Cut>;
  limits: PhaseLimits;
  onDelta?: (text: string) => void;
  /** the first sign of life: headers or content */
  onSign?: () => void;
}
export type AttemptEnd =
  | { status: "answered"; reply: ChatReply; silent: false }
  /** `silent`: not even headers had come */
  | { status: "failed"; failure: Failure; silent: boolean }
  | { status: "cut"; by: Cut; silent: boolean };
export interface AttemptPorts {
  clock: Clock;
  egress: Egress;
  log: Log;
}

/** What an aborted fetch rejects with: by which of our own hands. */
export class AttemptAbort extends Error {
  readonly by: Cut | "timeout";
  constructor(by: Cut | "timeout") {
    super(`aborted: ${by}`);
    this.name = "AbortError";
    this.by = by;
  }
}

const UNKNOWN_USAGE = { input_tokens: null, output_tokens: null };
/** A failure made here, not read from a provider. */
export const ownFailure = (reason: Failure["reason"], detail: string, more: Partial<Failure> = {}): Failure => ({
  reason,
  detail,
  again: "never",
  retryAfterMs: null,
  trips: false,
  modelGone: false,
  textRead: false,
  usage: UNKNOWN_USAGE,
  status: null,
  ...more,
});

/** The failure that a thrown error stands for: the guard's refusals by name, anything else is a bug of an adapter. */
export function failureOfThrown(error: unknown, log: Log, provider: string): Failure {
  if (error instanceof EgressError) {
    const reason = error.why === "privacy" ? "privacy-excluded" : error.why === "redirect" ? "bad-response" : "misconfigured";
    return ownFailure(reason, `the guard refused the call (${error.why})`);
  }
  log("error", "provider-threw", { provider, error: error instanceof Error ? error.name : typeof error });
  return ownFailure("bad-response", "the reply could not be read");
}

/** The phase timers of one attempt: one for first byte and whole, one more between pieces of content. */
function watch(clock: Clock, { firstByte, whole, wholeFrom, idle }: PhaseLimits, onTimeout: (detail: string) => void) {
  const startedAt = clock.now();
  let firstAt: number | null = null;
  let contentAt = startedAt;
  let cancelIdle: (() => void) | null = null;
  const onLimit = (): void => {
    if (firstAt === null) return onTimeout(`no first byte within ${firstByte} ms`);
    const until = (wholeFrom === "start" ? startedAt : firstAt) + whole;
    if (clock.now() >= until) onTimeout(`not finished within ${whole} ms`);
    else cancelLimit = alarm(clock, until, onLimit);
  };
  let cancelLimit = alarm(clock, startedAt + firstByte, onLimit);
  const onIdle = (): void => {
    if (clock.now() - contentAt >= idle) onTimeout(`no content for ${idle} ms`);
    else cancelIdle = alarm(clock, contentAt + idle, onIdle);
  };
  const onFirst = (): void => {
    firstAt = contentAt;
    if (wholeFrom === "start") return;
    cancelLimit();
    cancelLimit = alarm(clock, firstAt + whole, onLimit);
  };
  return {
    silent: () => firstAt === null,
    sign(streaming: boolean): void {
      contentAt = clock.now();
      if (firstAt === null) onFirst();
      if (streaming && cancelIdle === null) cancelIdle = alarm(clock, contentAt + idle, onIdle);
    },
    stop(): void {
      cancelLimit();
      cancelIdle?.();
    },
  };
}

export function runAttempt({ clock, egress, log }: AttemptPorts, order: AttemptOrder): Promise<AttemptEnd> {
  const { provider, call, passage, cutoff, limits, onDelta, onSign } = order;
  return new Promise((resolve) => {
    const controller = new AbortController();
    let over = false;
    const end = (ending: AttemptEnd): void => {
      if (over) return;
      over = true;
      phases.stop();
      leave();
      resolve(ending);
    };
    const phases = watch(clock, limits, (detail) => {
      end({ status: "failed", failure: ownFailure("timeout", detail), silent: phases.silent() });
      controller.abort(new AttemptAbort("timeout"));
    });
    const sign = (streaming: boolean): void => {
      if (over) return;
      if (phases.silent()) onSign?.();
      phases.sign(streaming);
    };
    // the headers of a reply that is not streamed may come long before its only content
    const onHeaders = (): void => sign(onDelta !== undefined);
    const io: Omit<CallIo, "fetch"> = { signal: controller.signal, onHeaders, onContent: () => sign(true) };
    if (onDelta !== undefined) io.onDelta = (text) => void (over || onDelta(text));
    const leave = cutoff.onCut((by) => {
      end({ status: "cut", by, silent: phases.silent() });
      controller.abort(new AttemptAbort(by));
    });
    const started = async (): Promise<ChatResult> =>
      provider.chat(call, { ...io, fetch: egress.open(provider.endpoint, passage, { carriesPrompt: true }) });
    started().then(
      (result) =>
        end(
          result.ok
            ? { status: "answered", reply: result.reply, silent: false }
            : { status: "failed", failure: result.failure, silent: phases.silent() },
        ),
      (error: unknown) => end({ status: "failed", failure: failureOfThrown(error, log, provider.name), silent: phases.silent() }),
    );
  });
}
