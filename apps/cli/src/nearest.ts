import { distance } from 'fastest-levenshtein';

/** A slip changes two characters, or this part of a longer name; more is another name. */
const SLIP = 2;
const SLIP_PART = 0.4;

/** The few names most like a mistyped one, the nearest first. */
export function nearest(name: string, names: readonly string[], most = 3): readonly string[] {
  return names
    .map((known) => ({ known, steps: distance(name, known) }))
    .filter(({ steps }) => steps < name.length && steps <= Math.max(SLIP, name.length * SLIP_PART))
    .sort((a, b) => a.steps - b.steps || (a.known < b.known ? -1 : 1))
    .slice(0, most)
    .map(({ known }) => known);
}
