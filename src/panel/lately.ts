/** A map that keeps what was used lately: any caller may name any model, and none of them may fill the memory. */

const MOST = 1000;

export class Lately<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    const value = this.#entries.get(name);
    if (value === undefined || this.#entries.size < this.#most) return value;
    // only a full map needs to know who was used last
    this.#entries.delete(name);
    this.#entries.set(name, value);
    return value;
  }

  set(name: string, value: Value): void {
    this.#entries.delete(name);
    this.#entries.set(name, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  entries(): Iterable<[string, Value]> {
    return this.#entries;
  }
}
