import type { FedEvent, HeadsBody } from '@mizan/contracts';
import type { EventStore, FeedToken } from '@mizan/event-store';
import { type KeptTextsReader, joinTexts } from './kept-texts.js';

/** The most that one page of the feed holds. A page of a stream is longer than any group, so that a whole one always fits. */
export const FEED_LIMITS = { heads: 1000, events: 1000 } as const;

/** A service's streams, as it serves them to readers: the truth behind every Kafka message. */
export interface Feed {
  /** Which streams reached which version after a token (null: from the beginning); `next` equals `after` when there is nothing new. */
  heads(after: string | null, limit: number, signal?: AbortSignal): Promise<HeadsBody>;

  /** Events of one stream with version > `after`, at most `limit`; at least one if there is one. */
  stream(stream: string, after: number, limit: number, signal?: AbortSignal): Promise<readonly FedEvent[]>;
}

/** The feed straight from the store, for the owner's controller. */
export class StoreFeed implements Feed {
  constructor(
    private readonly store: EventStore,
    private readonly texts: KeptTextsReader,
  ) {}

  async heads(after: string | null, limit: number): Promise<HeadsBody> {
    return this.store.heads(after as FeedToken | null, clamp(limit, FEED_LIMITS.heads));
  }

  async stream(stream: string, after: number, limit: number): Promise<readonly FedEvent[]> {
    const events = await this.store.read(stream, after, clamp(limit, FEED_LIMITS.events));
    const [joined] = await joinTexts([{ stream, events }], this.texts);
    return joined!.events;
  }
}

const clamp = (limit: number, most: number): number => Math.max(1, Math.min(most, limit));
