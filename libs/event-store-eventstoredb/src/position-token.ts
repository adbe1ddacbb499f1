import type { FeedToken } from '@mizan/event-store';
import type { LogPosition, RecordedEvent } from './client.js';

// A token is the place in the server's log of an append's last event: commit and prepare position.

/** @throws where the server left it out. */
export function placeOf({ position, streamId, revision }: RecordedEvent): LogPosition {
  if (!position) throw new Error(`EventStoreDB did not say where event ${revision} of the stream ${streamId} stands in its log.`);
  return position;
}

export function tokenOf(event: RecordedEvent): FeedToken {
  const { commit, prepare } = placeOf(event);
  return `${commit}/${prepare}` as FeedToken;
}

/** Null for the beginning. @throws RangeError for what no such store ever gave. */
export function positionOf(token: FeedToken | null): LogPosition | null {
  if (token === null) return null;
  const parts = /^(0|[1-9]\d{0,18})\/(0|[1-9]\d{0,18})$/.exec(token);
  if (!parts) throw new RangeError(`'${token}' is no token of this feed.`);
  return { commit: BigInt(parts[1]!), prepare: BigInt(parts[2]!) };
}
