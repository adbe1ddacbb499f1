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
  /** What it belongs to: a process of a service, or what its caller said; else the request that led to it. */
  readonly correlation: string | null;
  /** The event that led to it, where one did. */
  readonly causation: string | null;
  readonly traceparent: string | null;
  readonly data: unknown;
  /** The first and last version of the all-or-nothing group it belongs to. Absent where it is alone, and in journals, whose `data` says it. */
  readonly group?: { readonly first: number; readonly last: number } | null;
  /** The commitment to the words that lie beside it. Absent where there are none, and in journals, whose `data` says it. */
  readonly words?: string;
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
  readonly traceparent: string | null;
  readonly type: string;
  readonly words: string | null;
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
  const [, schemaVersion, stream, traceparent, type, words] = found;
  const group = GROUP.exec(text.slice(Math.max(0, start - GROUP_CHARACTERS), start));
  return {
    group: group && { first: Number(group[1]), last: Number(group[2]) },
    schemaVersion: Number(schemaVersion),
    stream: stream!,
    traceparent: traceparent ?? null,
    type: type!,
    words: words ?? null,
  };
}

/** The trace in which a stored event came about, or null. */
export const traceparentOf = (text: string): string | null => TRACEPARENT.exec(text.slice(-TRACEPARENT_CHARACTERS))?.[1] ?? null;

/** From the trace to the end: the type, the version and the words. */
const TRACEPARENT_CHARACTERS = 280;
const TRACEPARENT =
  /"traceparent":"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})","type":"[A-Za-z]+","version":\d+(?:,"words":"[0-9a-f]{64}")?\}$/;
const GROUP_CHARACTERS = 70;
const GROUP = /,"group":\{"first":(\d+),"last":(\d+)\}$/;
const END = new RegExp(
  [
    ',"id":"[^"\\\\]+","recordedAt":"[^"\\\\]+","schemaVersion":(\\d+),"stream":"([^"\\\\]+)"',
    ',"traceparent":(?:null|"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"),"type":"([A-Za-z]+)","version":\\d+',
    '(?:,"words":"([0-9a-f]{64})")?\\}$',
  ].join(''),
  'y',
);
