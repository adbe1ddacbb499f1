type Compound = Readonly<Record<string, unknown>>;

const isCompound = (value: unknown): value is Compound => typeof value === 'object' && value !== null;

/**
 * Compares two values made of objects, lists, texts, numbers and bigints: the path of the first difference and
 * what stands there on either side, or null.
 * @param except names of fields that are not looked at, wherever they stand.
 */
export function firstDifference(expected: unknown, found: unknown, except: readonly string[] = [], path = ''): string | null {
  if (expected === found) return null;
  if (!isCompound(expected) || !isCompound(found)) return `${path} should be ${String(expected)} and is ${String(found)}`;
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (except.includes(name)) continue;
    const difference = firstDifference(expected[name], found[name], except, path ? `${path}/${name}` : name);
    if (difference) return difference;
  }
  return null;
}
