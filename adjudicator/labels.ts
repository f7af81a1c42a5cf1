/** Anonymous labels and seeded orders: who is shown as A, B, C …; never looks at a name or at an answer. */

/** `A` to `Z`; a panel has at most 16 seats. */
export function labelsFor(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String.fromCharCode(65 + index));
}

/** Fisher–Yates over a copy: every order is equally likely for a uniform `random`. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const moved = order[last] as T;
    order[last] = order[other] as T;
    order[other] = moved;
  }
  return order;
}

/** The orders that a pick is judged in: a shuffled one and, for two, its reverse. */
export function ordersOf<T>(items: readonly T[], count: 1 | 2, random: () => number): T[][] {
  const first = shuffled(items, random);
  return count === 1 ? [first] : [first, first.toReversed()];
}
