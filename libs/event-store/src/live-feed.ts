import { MAX_FEED_APPENDS } from './bounds.js';
import type { EventStore, FeedPage, FeedToken } from './event-store.js';

/** Rings after each append of this process, so that its readers need not wait for their next look. */
export class Bell {
  private rings = 0;
  private readonly waiting = new Set<() => void>();

  /** Take this before looking; a ring after it is then never missed. */
  get count(): number {
    return this.rings;
  }

  ring(): void {
    this.rings += 1;
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves at a ring after `count`, when the signal aborts, or after `timeoutMs`, whichever is first. */
  async heardSince(count: number, signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (count !== this.rings || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal.addEventListener('abort', wake);
      this.waiting.add(wake);
    });
  }
}

/** `subscribe` for a store that can be asked again and again: at each ring, and every `pollMs` for what other processes append. */
export async function* liveFeed(
  store: Pick<EventStore, 'readAll'>,
  after: FeedToken | null,
  signal: AbortSignal,
  bell: Bell,
  pollMs: number,
): AsyncGenerator<FeedPage> {
  for (let next = after; !signal.aborted;) {
    const heard = bell.count;
    const page = await store.readAll(next, MAX_FEED_APPENDS);
    if (signal.aborted) return;
    if (page.appends.length === 0) await bell.heardSince(heard, signal, pollMs);
    else {
      yield page;
      next = page.next;
    }
  }
}
