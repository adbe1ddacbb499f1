import canonicalize from 'canonicalize';

/** What is stored and hashed: the whole of an event as one canonical JSON text (RFC 8785), kept byte for byte. */
export interface Envelope {
  /** A UUID made from the command's id and the writer's epoch, so that a repeat by another writer does not look like one. */
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly stream: string;
  readonly version: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly recordedAt: string;
  /** Who asked: the API key's or service's own name, never a person's. */
  readonly actor: string;
  /** The request that led to it. */
  readonly correlation: string | null;
  /** The event that led to it, where one did. */
  readonly causation: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
}

/** RFC 8785. @throws TypeError where a value has no JSON form (a bigint): a bug. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}

export function decodeEnvelope(text: string): Envelope {
  return JSON.parse(text) as Envelope;
}

/** The trace in which a stored event came about, or null, without parsing the event: its key is the last but two. */
export function traceparentOf(text: string): string | null {
  return TRACEPARENT.exec(text.slice(-END_CHARACTERS))?.[1] ?? null;
}

const END_CHARACTERS = 200;
const TRACEPARENT = /"traceparent":"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})","type":"[A-Za-z]+","version":\d+\}$/;
