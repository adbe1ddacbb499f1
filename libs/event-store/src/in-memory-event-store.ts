import { type AppendLimits, MAX_FEED_APPENDS, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, appendBytes, pageLimit } from './bounds.js';
import { placeOf, tokenAt } from './counted-token.js';
import type { Appended, EventStore, FeedAppend, FeedHeads, FeedPage, FeedToken, StoredEvent } from './event-store.js';
import { headsOf } from './heads.js';
import { Bell, liveFeed } from './live-feed.js';

/** Nobody else appends here; this only bounds a wait. */
const POLL_MS = 100;

/** For tests and trials: the whole port, kept nowhere but in this process. A token is the number of appends up to it. */
export class InMemoryEventStore implements EventStore {
  private readonly streams = new Map<string, string[]>();
  private readonly feed: FeedAppend[] = [];
  private readonly appended = new Bell();

  constructor(readonly limits: AppendLimits = { events: 8192, bytes: 4 * 1024 * 1024 }) {}

  async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    appendBytes(stream, expectedVersion, events, this.limits);
    const texts = this.streams.get(stream) ?? [];
    if (texts.length !== expectedVersion) return { status: 'conflict', actual: texts.length };
    texts.push(...events);
    this.streams.set(stream, texts);
    this.feed.push({ token: tokenAt(this.feed.length + 1), stream, first: expectedVersion + 1, events: [...events] });
    this.appended.ring();
    return { status: 'appended', version: texts.length };
  }

  async read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]> {
    const start = Math.max(0, after);
    const end = start + pageLimit(limit, MAX_PAGE_EVENTS);
    return withinBytes(numbered(this.streams.get(stream) ?? [], start, end), ({ text }) => Buffer.byteLength(text));
  }

  async readBackwards(stream: string, before: number, limit: number): Promise<readonly StoredEvent[]> {
    const texts = this.streams.get(stream) ?? [];
    const end = Math.max(0, Math.min(before - 1, texts.length));
    const start = Math.max(0, end - pageLimit(limit, MAX_PAGE_EVENTS));
    return withinBytes(numbered(texts, start, end).toReversed(), ({ text }) => Buffer.byteLength(text));
  }

  async version(stream: string): Promise<number> {
    return this.streams.get(stream)?.length ?? 0;
  }

  async readAll(after: FeedToken | null, limit: number): Promise<FeedPage> {
    const appends = withinBytes(this.after(after, limit), ({ events }) => events.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
    return { appends, next: appends.at(-1)?.token ?? after };
  }

  async heads(after: FeedToken | null, limit: number): Promise<FeedHeads> {
    const appends = this.after(after, limit);
    return {
      heads: headsOf(appends),
      next: appends.at(-1)?.token ?? after,
      full: appends.length === pageLimit(limit, MAX_FEED_APPENDS),
    };
  }

  subscribe(after: FeedToken | null, signal: AbortSignal): AsyncIterable<FeedPage> {
    return liveFeed(this, after, signal, this.appended, POLL_MS);
  }

  private after(token: FeedToken | null, limit: number): FeedAppend[] {
    const start = placeOf(token);
    return this.feed.slice(start, start + pageLimit(limit, MAX_FEED_APPENDS));
  }
}

const numbered = (texts: readonly string[], start: number, end: number): StoredEvent[] =>
  texts.slice(start, end).map((text, index) => ({ version: start + index + 1, text }));

/** The first items that fit the size of a page, at least one. */
function withinBytes<T>(items: readonly T[], bytesOf: (item: T) => number): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item, index) => (bytes += bytesOf(item)) > MAX_PAGE_BYTES && index > 0);
  return end === -1 ? items : items.slice(0, end);
}
