import type { FeedAppend, FeedHeads } from './event-store.js';

/** The version that each stream reached in these appends, the one that grew last at the end. */
export function headsOf(appends: readonly FeedAppend[]): FeedHeads['heads'] {
  const heads = new Map<string, number>();
  for (const { stream, first, events } of appends) {
    heads.delete(stream);
    heads.set(stream, first + events.length - 1);
  }
  return [...heads].map(([stream, version]) => ({ stream, version }));
}
