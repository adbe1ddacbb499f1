const MOST_NAMES = 3;
const MOST_RESPELLED = 16;

/** Of the candidates, up to three that the wanted name may have meant, the likeliest first. */
export function nearestNames(wanted: string, candidates: Iterable<string>): readonly string[] {
  const furthest = Math.max(2, Math.floor(wanted.length / 3));
  return [...new Set(candidates)]
    .filter((name) => Math.abs(name.length - wanted.length) <= furthest)
    .map((name) => ({ name, distance: distance(wanted, name) }))
    .filter((near) => near.distance <= furthest)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}

/**
 * The wanted name with its first segments spelled as in names that exist: a slip in `cleints:17` leaves its neighbours in
 * the order of ids far from `clients:17`.
 */
export function respelled(wanted: string, existing: Iterable<string>): readonly string[] {
  const own = wanted.split(':');
  const found = new Set<string>();
  for (const name of existing) {
    const theirs = name.split(':');
    for (let taken = 1; taken < Math.min(own.length, theirs.length + 1); taken++)
      found.add([...theirs.slice(0, taken), ...own.slice(taken)].join(':'));
  }
  found.delete(wanted);
  return [...found].sort((a, b) => distance(wanted, a) - distance(wanted, b)).slice(0, MOST_RESPELLED);
}

/** Letters to insert, drop, replace, or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
