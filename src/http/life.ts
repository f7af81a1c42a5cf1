/** One signal out of two: the caller left ("cancelled"), or the service stops ("deadline": end with what there is). */
export interface Life {
  signal: AbortSignal;
  cancel(): void;
  /** may be called twice */
  end(): void;
}

/** Thrown when nobody is there to be answered: no error, no reply. */
export class CallerLeft extends Error {
  constructor() {
    super("the caller left");
    this.name = "CallerLeft";
  }
}

export function lifeOf(request: Request, stopping: AbortSignal, onEnd: () => void = () => {}): Life {
  const controller = new AbortController();
  const { signal: gone } = request;
  const cancel = (): void => controller.abort("cancelled");
  const stop = (): void => controller.abort("deadline");
  gone.addEventListener("abort", cancel, { once: true });
  stopping.addEventListener("abort", stop, { once: true });
  if (gone.aborted) cancel();
  if (stopping.aborted) stop();
  let ended = false;
  return {
    signal: controller.signal,
    cancel,
    end: () => {
      gone.removeEventListener("abort", cancel);
      stopping.removeEventListener("abort", stop);
      if (!ended) onEnd();
      ended = true;
    },
  };
}
