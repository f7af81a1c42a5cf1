/** The fake network: a Transport below the egress guard whose every call is written down, answered on virtual time by a script. Judges nothing. */
import { CapError, type Transport, type TransportInit } from "../../src/egress/egress.ts";
import type { Clock } from "../../src/core/ports.ts";
import { Body } from "../../src/runtimes/node-body.ts";
import { Reply } from "../../src/runtimes/node-reply.ts";

export type CallKind = "chat" | "show" | "ps" | "warm" | "other";

/** One call as the far side saw it. Times are virtual ms. */
export interface NetCall {
  id: number;
  kind: CallKind;
  provider: string;
  host: string;
  url: string;
  model: string;
  /** `provider/model` */
  member: string;
  /** which run's prompt it carries, null for calls without one */
  run: number | null;
  /** carries the prompt of an adjudicator */
  judge: boolean;
  body: Record<string, unknown>;
  text: string;
  headers: Record<string, string>;
  startedAt: number;
  endedAt: number | null;
  ended: "done" | "broken" | "aborted" | null;
  /** who cut it, as the engine said */
  abortedBy: string | null;
  firstByteAt: number | null;
  status: number | null;
  /** the connection stood and the request left */
  sent: boolean;
  /** visible answer text was handed over before the end, in pieces */
  streamedText: boolean;
  /** what the script chose */
  plan: TurnPlan;
}

/** What the far side knows of its own reply. */
export interface TurnPlan {
  fault: string | null;
  /** the whole answer as it was said; null = none */
  answer: Said | null;
  usage: { input: number; output: number } | null;
  retryAfterMs: number | null;
  /** proof and reply say that the model runs elsewhere */
  relay: boolean;
  notes?: Record<string, string | number | boolean>;
}
export interface Said {
  text: string;
  /** answers of one class mean the same; -1 = none */
  group: number;
  degenerate: boolean;
  calls: { name: string; arguments: string }[];
}

export type Step =
  | { afterMs: number; bytes: string | Uint8Array; speaks?: boolean }
  | { afterMs: number; fail: Error }
  | { afterMs: number; end: true };
/** What happens on the wire. `hang`: nothing ever again. */
export type Turn =
  | { kind: "hang"; connects: boolean; plan: TurnPlan }
  | { kind: "break"; afterMs: number; error: Error; connects: boolean; plan: TurnPlan }
  | { kind: "reply"; afterMs: number; status: number; headers: Record<string, string>; steps: Step[]; hangs?: boolean; plan: TurnPlan };

export type Script = (call: NetCall) => Turn;

const encoder = new TextEncoder();

export interface Net {
  transport: Transport;
  calls: NetCall[];
  /** calls that have not ended */
  open(): NetCall[];
}
export interface NetPorts {
  clock: Clock;
  script: Script;
  /** fills what the URL and body tell */
  describe(url: string, body: string): Pick<NetCall, "kind" | "provider" | "host" | "model" | "member" | "run" | "judge" | "body">;
  onEvent(what: "start" | "end", call: NetCall): void;
}

export function createNet({ clock, script, describe, onEvent }: NetPorts): Net {
  const calls: NetCall[] = [];
  const open = new Set<NetCall>();
  const none: TurnPlan = { fault: null, answer: null, usage: null, retryAfterMs: null, relay: false };

  function fetch(input: string | URL | Request, init: TransportInit = {}): Promise<Response> {
    const url = String(input);
    const text = typeof init.body === "string" ? init.body : "";
    const call: NetCall = {
      id: calls.length,
      ...describe(url, text),
      url,
      text,
      headers: { ...(init.headers as Record<string, string>) },
      startedAt: clock.now(),
      endedAt: null,
      ended: null,
      abortedBy: null,
      firstByteAt: null,
      status: null,
      sent: false,
      streamedText: false,
      plan: none,
    };
    const signal = init.signal ?? null;
    return new Promise((resolve, reject) => {
      const timers = new Set<() => void>();
      let body: Body | null = null;
      const end = (how: NonNullable<NetCall["ended"]>): void => {
        if (call.ended !== null) return;
        call.ended = how;
        call.endedAt = clock.now();
        open.delete(call);
        for (const cancel of timers) cancel();
        signal?.removeEventListener("abort", onAbort);
        onEvent("end", call);
      };
      const after = (ms: number, fire: () => void): void => {
        const cancel = clock.timer(ms, () => {
          timers.delete(cancel);
          fire();
        });
        timers.add(cancel);
      };
      const onAbort = (): void => {
        const reason: unknown = signal?.reason;
        call.abortedBy = reason instanceof Error && "by" in reason ? String(reason.by) : String(reason);
        end("aborted");
        const error = reason instanceof Error ? reason : new Error("aborted");
        if (body === null) reject(error);
        else body.fail(error);
      };
      calls.push(call);
      if (signal?.aborted === true) {
        onEvent("start", call);
        return onAbort();
      }
      open.add(call);
      signal?.addEventListener("abort", onAbort);
      const turn = script(call);
      call.plan = turn.plan;
      onEvent("start", call);
      const connect = (): void => {
        call.sent = true;
        init.onSent?.();
      };
      const play = (steps: readonly Step[], at: number, hangs: boolean, into: Body): void => {
        const step = steps[at];
        if (step === undefined) return hangs ? undefined : (end("done"), into.end());
        after(step.afterMs, () => {
          if ("bytes" in step) {
            if (step.speaks === true) call.streamedText = true;
            into.push(typeof step.bytes === "string" ? encoder.encode(step.bytes) : step.bytes);
            play(steps, at + 1, hangs, into);
          } else if ("fail" in step) {
            if (step.fail instanceof CapError) init.onCapped?.();
            end("broken");
            into.fail(step.fail);
          } else {
            end("done");
            into.end();
          }
        });
      };
      switch (turn.kind) {
        case "hang":
          if (turn.connects) connect();
          return;
        case "break":
          if (turn.connects) connect();
          after(turn.afterMs, () => {
            end("broken");
            reject(turn.error);
          });
          return;
        case "reply":
          connect();
          after(turn.afterMs, () => {
            call.firstByteAt = clock.now();
            call.status = turn.status;
            const tap = { pause: () => undefined, resume: () => undefined, cut: () => end("aborted") };
            body = new Body("", init.maxBodyBytes ?? Number.MAX_SAFE_INTEGER, tap, () => init.onCapped?.());
            const head = { url, status: turn.status, statusText: "", headers: turn.headers };
            resolve(new Reply(head, body) as unknown as Response);
            play(turn.steps, 0, turn.hangs === true, body);
          });
          return;
        default:
          turn satisfies never;
      }
    });
  }
  return { transport: { fetch, close: () => Promise.resolve(), reportsSent: true }, calls, open: () => [...open] };
}
