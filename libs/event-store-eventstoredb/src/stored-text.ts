import type { BinaryEvent, RecordedEvent } from './client.js';
import { eventId } from './event-id.js';

/** The server's name for what we store. It counts two bytes a character against the size of an append. */
const TYPE = 'text';

/**
 * An append's texts as events. Each says to which append it belongs, by that append's first version and its length, since the server has no
 * other memory of it: 47 bytes at most with the type.
 */
export function toEvents(stream: string, expectedVersion: number, texts: readonly string[]): BinaryEvent[] {
  const first = expectedVersion + 1;
  const metadata = new Uint8Array(Buffer.from(`{"first":${first},"count":${texts.length}}`));
  return texts.map((text, index) => ({
    id: eventId(stream, first + index, text),
    type: TYPE,
    contentType: 'application/octet-stream',
    data: Buffer.from(text),
    metadata,
  }));
}

/** An event of ours as it was stored. */
export interface StoredText {
  readonly stream: string;
  readonly version: number;
  readonly text: string;
  readonly bytes: number;
  /** The append that it came with: its first version, and how many events it had. */
  readonly append: { readonly first: number; readonly count: number };
}

/** @throws for an event that this adapter did not write. */
export function toStoredText(event: RecordedEvent): StoredText {
  const { streamId: stream, revision, type, isJson, data, metadata } = event;
  const version = Number(revision) + 1;
  const append = metadata as { first?: unknown; count?: unknown } | undefined;
  if (type !== TYPE || isJson || !(data instanceof Uint8Array) || !isCount(append?.first) || !isCount(append.count))
    throw new Error(
      `Event ${version} of the stream ${stream} was not written by Mizan (its type is '${type}'): streams of this prefix are Mizan's alone.`,
    );
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
  return { stream, version, text, bytes: data.byteLength, append: { first: append.first, count: append.count } };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
