import { MAX_PAGE_BYTES } from '@mizan/event-store';
import type { EventStoreClient, LogPosition, RecordedEvent } from './client.js';
import { placeOf } from './position-token.js';
import type { Calls } from './deadline.js';
import { answered, requestSize } from './reading.js';

/** Up to this place every event was given. */
export interface Walked {
  readonly walkedTo: LogPosition;
}

/**
 * The events of streams whose names begin with one of `prefixes`, after a position (null: from the beginning), in the order of the server's log, to its
 * end as of now. One request at a time, each of about a page, so however much stands there of other streams, no more is held here.
 * After each request it says how far it has come.
 */
export async function* allAfter(
  client: EventStoreClient,
  prefixes: readonly string[],
  after: LogPosition | null,
  deadlineMs: number,
  calls: Calls,
): AsyncGenerator<RecordedEvent | Walked> {
  const filter = { filterOn: 'streamName' as const, prefixes: [...prefixes] };
  let [position, events, bytes] = [after, 0, 0];
  for (;;) {
    const maxCount = requestSize(events, bytes, MAX_PAGE_BYTES);
    const fromPosition = position ?? ('start' as const);
    const options = { direction: 'forwards' as const, fromPosition, maxCount, filter, requiresLeader: true, deadline: deadlineMs };
    // The position itself is read once more.
    const known = (event: RecordedEvent): boolean => position !== null && !isAfter(placeOf(event), position);
    const read = await answered(client.readAll(options), maxCount, 'reading the feed', deadlineMs, calls, known);
    events += read.events.length;
    bytes += read.bytes;
    for (const event of read.events) {
      position = placeOf(event);
      // Where the client knows no filter for this call, it is here that others' events are left out.
      if (prefixes.some((prefix) => event.streamId.startsWith(prefix))) yield event;
    }
    if (position) yield { walkedTo: position };
    if (read.ended) return;
  }
}

/** Events of one transaction of an old kind share their commit position. */
const isAfter = (one: LogPosition, other: LogPosition): boolean =>
  one.commit > other.commit || (one.commit === other.commit && one.prepare > other.prepare);
