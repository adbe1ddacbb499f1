import type { FeedToken } from './event-store.js';

// Tokens of stores that count their appends: 1, 2, 3...

export const tokenAt = (place: number): FeedToken => String(place) as FeedToken;

/** 0 for the beginning. @throws RangeError for what no such store ever gave. */
export function placeOf(token: FeedToken | null): number {
  if (token === null) return 0;
  if (!/^[1-9]\d{0,14}$/.test(token)) throw new RangeError(`'${token}' is no token of this feed.`);
  return Number(token);
}
