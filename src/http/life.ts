/** One signal out of two: the caller left ("cancelled"), or the service stops ("deadline": end with what there is). */
export interface Life {
  signal: AbortSignal;
  cancel(): void;
  end(): void;
}

export function lifeOf(request: Request, stopping: AbortSignal): Life {
  const controller = new AbortController();
  const { signal: gone } = request;
  const cancel = (): void => controller.abort("cancelled");
  const stop = (): void => controller.abort("deadline");
  gone.addEventListener("abort", cancel, { once: true });
  stopping.addEventListener("abort", stop, { once: true });
  if (gone.aborted) cancel();
  if (stopping.aborted) stop();
  return {
    signal: controller.signal,
    cancel,
    end: () => {
      gone.removeEventListener("abort", cancel);
      stopping.removeEventListener("abort", stop);
    },
  };
}
