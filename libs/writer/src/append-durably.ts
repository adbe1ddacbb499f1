import { AppendRefused, type EventStore } from '@mizan/event-store';
import { setTimeout as wait } from 'node:timers/promises';

/** Ours: the events are durable, exactly once. Lost: another writer holds the stream; nothing of ours is there. */
export type AppendOutcome = 'ours' | 'lost';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Appends until it is known what became of it. An error of an append means unknown: the same bytes are
 * offered again at the same expected version, and a conflict is settled by comparing what is there.
 * A store that is only busy is waited for.
 * @throws AppendRefused when the store would never begin; the signal's reason, when it is aborted while the outcome is still unknown.
 */
export async function appendDurably(
  store: EventStore,
  stream: string,
  expectedVersion: number,
  events: readonly string[],
  signal: AbortSignal,
  onUnknown: (error: unknown) => void,
): Promise<AppendOutcome> {
  let begun = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const appended = await store.append(stream, expectedVersion, events);
      if (appended.status === 'appended') return 'ours';
      return (await isThere(store, stream, expectedVersion, events)) ? 'ours' : 'lost';
    } catch (error) {
      const refused = error instanceof AppendRefused;
      if (refused && !error.mayPass && !begun) throw error;
      if (!refused) {
        begun = true;
        onUnknown(error);
      }
    }
    await wait(pauseMs, undefined, { signal });
  }
}

async function isThere(store: EventStore, stream: string, after: number, events: readonly string[]): Promise<boolean> {
  for (let seen = 0; seen < events.length;) {
    const page = await store.read(stream, after + seen, events.length - seen);
    if (page.length === 0 || page.some(({ text }, i) => text !== events[seen + i])) return false;
    seen += page.length;
  }
  return true;
}
