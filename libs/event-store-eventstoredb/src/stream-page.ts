import { MAX_PAGE_BYTES, type StoredEvent } from '@mizan/event-store';
import { isNoStream } from './answers.js';
import type { EventStoreClient } from './client.js';
import type { Calls } from './deadline.js';
import { answered, requestSize } from './reading.js';
import { toStoredText } from './stored-text.js';

/** A page ends where the next request would bring only a few bytes more. */
const FULL_BYTES = 0.9 * MAX_PAGE_BYTES;

/**
 * A page of one stream: as many events as asked for, about MAX_PAGE_BYTES, at least one if there is one.
 * @param from the revision to begin with, going forwards or backwards.
 */
export async function streamPage(
  client: EventStoreClient,
  stream: string,
  direction: 'forwards' | 'backwards',
  from: bigint | 'end',
  limit: number,
  deadlineMs: number,
  calls?: Calls,
): Promise<StoredEvent[]> {
  const page: StoredEvent[] = [];
  let bytes = 0;
  for (let fromRevision = from; ;) {
    const maxCount = Math.min(limit - page.length, requestSize(page.length, bytes, MAX_PAGE_BYTES - bytes));
    // The leader knows all that was appended; another node may be behind.
    const options = { direction, fromRevision, maxCount, requiresLeader: true, deadline: deadlineMs };
    const read = await answered(client.readStream(stream, options), maxCount, `reading ${stream}`, deadlineMs, calls).catch(
      (error: unknown) => {
        if (isNoStream(error)) return { events: [], bytes: 0, ended: true };
        throw error;
      },
    );
    for (const event of read.events) {
      const { version, text, bytes: size } = toStoredText(event);
      if (page.length > 0 && bytes + size > MAX_PAGE_BYTES) return page;
      page.push({ version, text });
      bytes += size;
    }
    const last = read.events.at(-1)?.revision;
    if (read.ended || last === undefined || page.length === limit || bytes >= FULL_BYTES) return page;
    if (direction === 'backwards' && last === 0n) return page;
    fromRevision = direction === 'forwards' ? last + 1n : last - 1n;
  }
}
