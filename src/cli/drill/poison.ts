/** Makes providers die for one engine only: answers in the network's place for poisoned addresses, and lets all other requests through. */
import { NetworkError, type Transport, type TransportInit } from "../../egress/egress.ts";
import { isBelow, parseBase } from "../../egress/urls.ts";

export const FAULTS = ["refused", "503", "timeout"] as const;
export type DrillFault = (typeof FAULTS)[number];

/** Silent until its caller has had enough. */
function silence(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal?.reason as Error);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}

function play(fault: DrillFault, init: TransportInit | undefined): Promise<Response> {
  switch (fault) {
    case "refused":
      return Promise.reject(new NetworkError("connect", "ECONNREFUSED", false));
    case "503":
      return Promise.resolve(
        new Response('{"error":{"message":"drill"}}', { status: 503, headers: { "content-type": "application/json" } }),
      );
    case "timeout":
      return silence(init?.signal);
    default:
      return fault satisfies never;
  }
}

export interface Poison {
  wrap(transport: Transport): Transport;
  /** everything at or below these base URLs is dead from now on */
  kill(baseUrls: readonly string[]): void;
}

export function createPoison(fault: DrillFault): Poison {
  let dead: URL[] = [];
  return {
    kill: (baseUrls) => {
      dead = baseUrls.map(parseBase).filter((base) => base !== null);
    },
    wrap: (transport) => ({
      ...transport,
      fetch: (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input);
        return dead.some((base) => isBelow(url, base)) ? play(fault, init) : transport.fetch(input, init);
      },
    }),
  };
}
