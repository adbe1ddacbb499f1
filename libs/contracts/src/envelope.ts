import canonicalize from 'canonicalize';

/** What is stored and hashed: the whole of an event as one canonical JSON text (RFC 8785), kept byte for byte. */
export interface Envelope {
  /** A UUID, made by whoever writes the stream: an append that is offered again has the same, and another writer's has not. */
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly stream: string;
  readonly version: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly recordedAt: string;
  /** Who asked: the API key's or service's own name, never a person's. */
  readonly actor: string;
  /** What it belongs to: a process of a service, or what its caller said; else the request that led to it. */
  readonly correlation: string | null;
  /** The event that led to it, where one did. */
  readonly causation: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
  /** The first and last version of the all-or-nothing group it belongs to. Absent where it is alone, and in journals, whose `data` says it. */
  readonly group?: { readonly first: number; readonly last: number };
  /** The commitment to the texts that lie beside it. Absent where there are none, and in journals, whose `data` says it. */
  readonly texts?: string;
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

/** What stands at the end of a stored event, behind its data. */
export interface EnvelopeEnd {
  readonly group: { readonly first: number; readonly last: number } | null;
  readonly schemaVersion: number;
  readonly stream: string;
  readonly texts: string | null;
  readonly traceparent: string | null;
  readonly type: string;
}

/**
 * Reads the end of a stored event without parsing its data. In canonical JSON the keys are sorted, so these stand behind `data`; a quote inside a
 * string is escaped, so no content can look like them.
 * @returns null for a text that is no stored event.
 */
export function envelopeEnd(text: string): EnvelopeEnd | null {
  const start = text.lastIndexOf(',"id":"');
  if (start < 0) return null;
  END.lastIndex = start;
  const found = END.exec(text);
  if (!found) return null;
  const [, schemaVersion, stream, texts, traceparent, type] = found;
  const group = GROUP.exec(text.slice(Math.max(0, start - GROUP_CHARACTERS), start));
  return {
    group: group && { first: Number(group[1]), last: Number(group[2]) },
    schemaVersion: Number(schemaVersion),
    stream: stream!,
    texts: texts ?? null,
    traceparent: knownTrace(traceparent),
    type: type!,
  };
}

/** The trace in which a stored event came about, or null. */
export const traceparentOf = (text: string): string | null => TRACEPARENT.exec(text.slice(-TRACEPARENT_CHARACTERS))?.[1] ?? null;

/** From the trace to the end: the type and the version. */
const TRACEPARENT_CHARACTERS = 200;
const TRACEPARENT = /"traceparent":"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})","type":"[A-Za-z]+","version":\d+\}$/;
const KNOWN_TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace that can be gone on with, or null: journals may hold others, of versions of the header that are unknown here. */
export const knownTrace = (traceparent: string | null | undefined): string | null =>
  traceparent != null && KNOWN_TRACE.test(traceparent) ? traceparent : null;

const GROUP_CHARACTERS = 70;
const GROUP = /,"group":\{"first":(\d+),"last":(\d+)\}$/;
const END = new RegExp(
  [
    ',"id":"[^"\\\\]+","recordedAt":"[^"\\\\]+","schemaVersion":(\\d+),"stream":"([^"\\\\]+)"(?:,"texts":"([0-9a-f]{64})")?',
    ',"traceparent":(?:null|"([^"\\\\]*)"),"type":"([A-Za-z]+)","version":\\d+\\}$',
  ].join(''),
  'y',
);
