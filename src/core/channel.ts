/** A queue between one writer that calls and one reader that iterates. Unbounded: the writer's own bounds (seats, byte caps) bound it. */
export interface Channel<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** no more items; with an error the reader gets it thrown after the items before it */
  end(error?: unknown): void;
}

export function createChannel<T>(): Channel<T> {
  const items: T[] = [];
  let ended = false;
  let failure: { error: unknown } | null = null;
  let wake: (() => void) | null = null;
  const signal = (): void => {
    wake?.();
    wake = null;
  };
  return {
    push(item) {
      if (ended) return;
      items.push(item);
      signal();
    },
    end(error) {
      if (ended) return;
      ended = true;
      if (error !== undefined) failure = { error };
      signal();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (items.length > 0) yield items.shift() as T;
        if (ended) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (failure) throw failure.error;
    },
  };
}
