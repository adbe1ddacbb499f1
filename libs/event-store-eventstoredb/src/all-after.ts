import { MAX_PAGE_BYTES } from '@mizan/event-store';
import type { EventStoreClient, LogPosition, RecordedEvent } from './client.js';
import { placeOf } from './position-token.js';
import { answered, requestSize } from './reading.js';

/**
 * The events of streams whose names begin with `prefix`, after a position (null: from the beginning), in the order of the server's log, to its
 * end as of now. One request at a time, each of about a page, so however much stands there of other streams, no more is held here.
 * @returns the place up to which there is no other; null for the beginning.
 */
export async function* allAfter(
  client: EventStoreClient,
  prefix: string,
  after: LogPosition | null,
  deadlineMs: number,
): AsyncGenerator<RecordedEvent, LogPosition | null> {
  const filter = { filterOn: 'streamName' as const, prefixes: [prefix] };
  let [position, events, bytes] = [after, 0, 0];
  for (;;) {
    const maxCount = requestSize(events, bytes, MAX_PAGE_BYTES);
    const fromPosition = position ?? ('start' as const);
    const options = { direction: 'forwards' as const, fromPosition, maxCount, filter, requiresLeader: true, deadline: deadlineMs };
    // The position itself is read once more.
    const known = (event: RecordedEvent): boolean => position !== null && !isAfter(placeOf(event), position);
    const read = await answered(client.readAll(options), maxCount, 'reading the feed', deadlineMs, known);
    events += read.events.length;
    bytes += read.bytes;
    for (const event of read.events) {
      if (!event.position)
        throw new Error(`EventStoreDB did not say where event ${event.revision} of ${event.streamId} stands in its log.`);
      // The position itself is read once more.
      if (position && event.position.commit <= position.commit) continue;
      position = event.position;
      // Where the client knows no filter for this call, it is here that others' events are left out.
      if (event.streamId.startsWith(prefix)) yield event;
    }
    if (read.ended) return position;
  }
}

/** Events of one transaction of an old kind share their commit position. */
const isAfter = (one: LogPosition, other: LogPosition): boolean =>
  one.commit > other.commit || (one.commit === other.commit && one.prepare > other.prepare);
