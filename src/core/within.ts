/** A promise with an end: its value, or "late" after so many ms. The promise itself goes on; its later failure is swallowed. */
import type { Clock } from "./ports.ts";

export function within<T>(clock: Clock, work: Promise<T>, ms: number): Promise<T | "late"> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(ms, () => resolve("late"));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
