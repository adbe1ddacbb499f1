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
    // One client hands the filter to the server; the other knows none for this call, and what others wrote is left out here.
    const maxCount = requestSize(events, bytes, MAX_PAGE_BYTES);
    const fromPosition = position ?? ('start' as const);
    const options = { direction: 'forwards' as const, fromPosition, maxCount, filter, requiresLeader: true, deadline: deadlineMs };
    // The position itself is read once more.
    const known = (event: RecordedEvent): boolean => position !== null && placeOf(event).commit <= position.commit;
    const read = await answered(client.readAll(options), maxCount, 'reading the feed', deadlineMs, known);
    events += read.events.length;
    bytes += read.bytes;
    for (const event of read.events) {
      if (!event.position)
        throw new Error(`EventStoreDB did not say where event ${event.revision} of ${event.streamId} stands in its log.`);
      // The position itself is read once more.
      if (position && event.position.commit <= position.commit) continue;
      position = event.position;
      if (event.streamId.startsWith(prefix)) yield event;
    }
    if (read.ended) return position;
  }
}
