/**
 * How the names of streams of these kinds begin. No kind holds a hyphen, so no prefix is the beginning of another.
 * @throws for no kind at all, or a name that is none of a kind.
 */
export function prefixesOf(kinds: readonly string[]): readonly string[] {
  if (kinds.length === 0) throw new Error('An event store needs at least one kind of stream.');
  for (const kind of kinds)
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(kind)) throw new Error(`'${kind}' is no kind of stream: use a-z, 0-9 and _, at most 63.`);
  return kinds.map((kind) => `${kind}-`);
}
