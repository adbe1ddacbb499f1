/** A seeded source of chance: the same seed makes the same choices. Numbers in [0, 1). */
export type Chance = () => number;

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`. */
export const between = (draw: Chance, least: number, most: number): number => least + Math.floor(draw() * (most - least + 1));

export const oneOf = <T>(draw: Chance, all: readonly T[]): T => all[Math.floor(draw() * all.length)]!;

/** All of them in random order. */
export function shuffled<T>(draw: Chance, all: readonly T[]): T[] {
  const order = [...all];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = between(draw, 0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
