import type { AppendLimits } from './bounds.js';

/**
 * Where streams are kept. An event is opaque here: one text, kept byte for byte.
 * Versions of a stream start at 1 and have no gaps. "All" is walked with opaque feed tokens.
 */
export interface EventStore {
  /** What one append may hold. Every store takes 4,096 events and 832 KiB, which is more than a command group ever has. */
  readonly limits: AppendLimits;

  /**
   * Appends all of `events` or none, when the stream's last version is `expectedVersion` (0: no stream yet).
   * Resolves only once they are durable. At least one event, at most as many as `limits` says.
   *
   * A rejected promise means *unknown*, unless it is AppendRefused: the events may be there, or may still arrive.
   * To settle it, append the same again at the same version: `appended` means they are there now and once;
   * on `conflict`, read what stands there: it is these events or another's, and will stay so.
   */
  append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended>;

  /**
   * Events of one stream with version > `after`, oldest first: at most `limit` of them and about MAX_PAGE_BYTES bytes, at least one if there is one.
   * A short page is not the end; an empty one is.
   */
  read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]>;

  /** Events of one stream with version < `before`, newest first, within the same bounds. `Infinity` starts at the end. */
  readBackwards(stream: string, before: number, limit: number): Promise<readonly StoredEvent[]>;

  /** The last version of a stream; 0 when it does not exist. */
  version(stream: string): Promise<number>;

  /**
   * Whole appends after a token (null: from the beginning) in the store's own order, which no later commit changes:
   * at most `limit` of them and about MAX_PAGE_BYTES bytes, at least one if there is one.
   */
  readAll(after: FeedToken | null, limit: number): Promise<FeedPage>;

  /** Like readAll without the events: which streams reached which version in the next `limit` appends. A stream is named once, by its latest. */
  heads(after: FeedToken | null, limit: number): Promise<FeedHeads>;

  /**
   * Pages of the feed from the token on, then live, until `signal` aborts: then it ends without an error. Never an empty page.
   * An append is seen 100 ms after it is durable at the latest, whichever process wrote it. A fault of the store ends it with an error; go on from the last page's `next`.
   */
  subscribe(after: FeedToken | null, signal: AbortSignal): AsyncIterable<FeedPage>;
}

/** A store with connections of its own. */
export interface OpenEventStore extends EventStore {
  /** @throws when it cannot be reached, or would not make an append durable: not ready. */
  check(): Promise<void>;
  /**
   * Lets the appends under way have their answers, for as long as the store waits for one; what has none by then is rejected: unknown.
   * What comes later is refused, and so are reads.
   */
  close(): Promise<void>;
}

/** The place in "all": opaque, good only for handing it back to the store it came from. */
export type FeedToken = string & { readonly feedToken: unique symbol };

export interface StoredEvent {
  readonly version: number;
  readonly text: string;
}

export type Appended =
  /** `version` is that of the last event. */
  | { readonly status: 'appended'; readonly version: number }
  /** Nothing was written: the stream is at `actual`. */
  | { readonly status: 'conflict'; readonly actual: number };

export interface FeedAppend {
  readonly token: FeedToken;
  readonly stream: string;
  /** The version of its first event. */
  readonly first: number;
  readonly events: readonly string[];
}

export interface FeedPage {
  readonly appends: readonly FeedAppend[];
  /** Where to go on: the last append's token, or the one given when there is nothing new. */
  readonly next: FeedToken | null;
}

export interface FeedHeads {
  readonly heads: readonly { readonly stream: string; readonly version: number }[];
  /** Where to go on, as in a FeedPage. */
  readonly next: FeedToken | null;
  /** As many appends as were asked for: more may follow. False at the end of the feed. */
  readonly full: boolean;
}
