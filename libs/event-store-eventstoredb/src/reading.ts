import { MAX_PAGE_BYTES } from '@mizan/event-store';
import type { Reading, RecordedEvent } from './client.js';
import { type Calls, Deadline } from './deadline.js';

const FIRST_REQUEST = 64;
const LEAST_REQUEST = 16;
const LARGEST_REQUEST = 2048;

export interface Read {
  readonly events: readonly RecordedEvent[];
  /** Of their data. */
  readonly bytes: number;
  /** Whether these were the last. */
  readonly ended: boolean;
}

/**
 * How many events to ask for next, so that the answer ends by itself at about `bytesLeft`, by what came so far. An answer that is broken off
 * resets a stream of the connection, and a server closes the connections whose clients do that often.
 */
export function requestSize(events: number, bytes: number, bytesLeft: number): number {
  if (events === 0) return FIRST_REQUEST;
  const fitting = Math.floor((bytesLeft * events) / Math.max(bytes, 1));
  return Math.min(Math.max(fitting, LEAST_REQUEST), LARGEST_REQUEST);
}

/**
 * What the server answers to one request for `asked` events, cut off where it is more than a page: then with at least one event.
 * @param calls which fail when the store is closed.
 * @param known an event that was read before; it is passed over.
 * @throws DeadlinePassed where the next event does not come in time; whatever the client throws.
 */
export async function answered(
  reading: Reading,
  asked: number,
  what: string,
  deadlineMs: number,
  calls?: Calls,
  known: (event: RecordedEvent) => boolean = () => false,
): Promise<Read> {
  // What goes wrong after the last event is nobody's concern, and must not end the process.
  reading.on?.('error', () => undefined);
  const iterator = reading[Symbol.asyncIterator]();
  const deadline = new Deadline(deadlineMs, what, calls);
  const events: RecordedEvent[] = [];
  let [bytes, count, done] = [0, 0, false];
  try {
    for (;;) {
      const next = await deadline.before(iterator.next());
      if (next.done) {
        done = true;
        return { events, bytes, ended: count < asked };
      }
      const { event } = next.value;
      if (!event) continue;
      count += 1;
      if (known(event)) continue;
      const size = event.data instanceof Uint8Array ? event.data.byteLength : 0;
      if (events.length > 0 && bytes + size > MAX_PAGE_BYTES) return { events, bytes, ended: false };
      events.push(event);
      bytes += size;
    }
  } finally {
    deadline.end();
    if (!done) void breakOff(reading, iterator).catch(() => undefined);
  }
}

/** A call that is cancelled is over for its client only when somebody has taken what had come of it already; until then it cannot be closed. */
async function breakOff(reading: Reading, iterator: AsyncIterator<unknown>): Promise<void> {
  if (!reading.cancel) return void (await iterator.return?.());
  await reading.cancel();
  while (!(await iterator.next()).done);
}
