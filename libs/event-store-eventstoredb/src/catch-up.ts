import type { EventStoreClient, LogPosition, RecordedEvent } from './client.js';
import { type Calls, DeadlinePassed } from './deadline.js';

/** How many events the server looks at in one go; where none is ours, it then says how far it has come. */
const SEARCH_WINDOW = 500;

/** There is nothing more for now. */
export interface Pause {
  /** Up to here, nothing follows the events that were given. Null as long as the server has not said so. */
  readonly quietUntil: LogPosition | null;
}

/**
 * The events of streams whose names begin with one of `prefixes`, after a position (null: from the beginning), in the order of the server's log, as
 * they come. What is not asked for stays with the server: for a reader who is slow, no more than a few events wait here.
 * Ends without an error when the signal aborts, and leaves no open call behind.
 */
export async function* catchUp(
  client: EventStoreClient,
  prefixes: readonly string[],
  after: LogPosition | null,
  signal: AbortSignal,
  deadlineMs: number,
  calls: Calls,
): AsyncGenerator<RecordedEvent | Pause> {
  if (signal.aborted) return;
  let heard = false;
  let wake = (): void => undefined;
  const hear = (): void => {
    heard = true;
    wake();
  };
  let ended = false;
  let failure: Error | null = null;
  let quietUntil: LogPosition | null = null;
  const subscription = client.subscribeToAll({
    requiresLeader: true,
    fromPosition: after ?? 'start',
    filter: {
      filterOn: 'streamName',
      prefixes: [...prefixes],
      maxSearchWindow: SEARCH_WINDOW,
      checkpointInterval: 1,
      checkpointReached: async (_, position) => void (quietUntil = position),
    },
  });
  const fail = (error: Error): void => {
    failure ??= error;
    hear();
  };
  calls.begin(fail);
  const deadline = setTimeout(
    () => fail(new DeadlinePassed(`EventStoreDB did not confirm the subscription to the feed within ${deadlineMs} ms.`)),
    deadlineMs,
  );
  subscription.on('confirmation', () => clearTimeout(deadline));
  subscription.on('readable', hear);
  for (const event of ['end', 'close'] as const)
    subscription.on(event, () => {
      ended = true;
      hear();
    });
  subscription.on('error', fail);
  signal.addEventListener('abort', hear);
  try {
    while (!signal.aborted) {
      const resolved = subscription.read();
      if (resolved?.event) yield resolved.event;
      if (resolved) continue;
      if (failure) throw failure;
      if (ended) throw new Error('EventStoreDB ended the subscription to the feed.');
      yield { quietUntil };
      if (!heard) await new Promise<void>((resolve) => (wake = resolve));
      heard = false;
    }
  } finally {
    clearTimeout(deadline);
    calls.end(fail);
    signal.removeEventListener('abort', hear);
    void subscription.unsubscribe().catch(() => undefined);
    // A call that is cancelled is over for its client only when what had come of it is taken; until then the client cannot be closed.
    subscription.off('readable', hear);
    subscription.resume();
  }
}
