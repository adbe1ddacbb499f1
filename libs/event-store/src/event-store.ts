/**
 * Where journals are kept. An event is opaque here: one text, kept byte for byte.
 * Versions of a stream start at 1 and have no gaps. "All" is walked with opaque feed tokens.
 *
 * A rejected promise of `append` means *unknown*: the events may or may not be there.
 * Read the stream before saying anything more.
 */
export interface EventStore {
  /**
   * Appends all of `events` or none, when the stream's last version is `expectedVersion` (0: no stream yet).
   * Resolves only once they are durable. At most MAX_APPEND_EVENTS events and MAX_APPEND_BYTES bytes.
   */
  append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended>;

  /** Events of one stream with version > `after` (forwards), at most `limit` events and about MAX_APPEND_BYTES bytes; at least one if there is one. */
  read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]>;

  /** The last events of a stream with version < `before`, newest first. */
  readBackwards(stream: string, before: number, limit: number): Promise<readonly StoredEvent[]>;

  /** The last version of a stream; 0 when it does not exist. */
  version(stream: string): Promise<number>;

  /** Whole appends after a token in the store's own order, at most `limit` appends and about MAX_APPEND_BYTES bytes (at least one if there is one). */
  readAll(after: FeedToken | null, limit: number): Promise<FeedPage>;

  /** Like readAll without the events: which streams reached which version after the token. */
  heads(after: FeedToken | null, limit: number): Promise<FeedHeads>;

  /** Pages of the feed from the token on, live, until `signal` aborts. Never empty pages. Poll interval is the adapter's affair, 100 ms at most. */
  subscribe(after: FeedToken | null, signal: AbortSignal): AsyncIterable<FeedPage>;
}

export const MAX_APPEND_EVENTS = 8192;
/** Bytes of UTF-8 in one append, 4 MiB. */
export const MAX_APPEND_BYTES = 4 * 1024 * 1024;

/** The place in "all": opaque, comparable only by handing it back to the store it came from. */
export type FeedToken = string & { readonly feedToken: unique symbol };

export interface StoredEvent {
  readonly version: number;
  readonly text: string;
}

export type Appended =
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
  readonly next: FeedToken | null;
}
