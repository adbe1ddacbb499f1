import type { KeptTexts } from './texts.js';

/** The stream of a ledger, by its opaque uid (which is also the Kafka key's owner). */
export const journalStream = (ledgerUid: string): string => `journal-${ledgerUid}`;
export const isJournalStream = (stream: string): boolean => stream.startsWith('journal-');
/** Names of streams as the feed serves them: no other bytes are asked for, stored or looked up. */
export const isStreamName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
export const ledgerUidOf = (stream: string): string => stream.slice('journal-'.length);

/** One stored event on its way to a reader: the bytes as hashed, and the texts while they exist. */
export interface FedEvent {
  readonly version: number;
  readonly event: string;
  readonly texts: KeptTexts | null;
}

/**
 * One message on the topic of a service, key = stream. Its events follow one another without a gap;
 * an all-or-nothing group is never split over messages.
 */
export interface StreamMessage {
  readonly stream: string;
  readonly events: readonly FedEvent[];
}

/**
 * The feed that the owner of streams serves to the services that hear it, over HTTP (scope `feed`):
 * `GET /v1/feed/heads?after=<token>&limit=` and `GET /v1/feed/streams/<stream>?after=<version>&limit=`.
 */
export interface HeadsBody {
  readonly heads: readonly { readonly stream: string; readonly version: number }[];
  /** Where to go on; equal to `after` when there is nothing new. Null before the first append. */
  readonly next: string | null;
  /** The page has as many appends as it may: more may follow. */
  readonly full: boolean;
}
export interface StreamBody {
  readonly events: readonly FedEvent[];
}

/** The largest value of one Kafka message, bytes. Above the largest group (768 KiB) with its texts. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
