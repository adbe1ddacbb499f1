import {
  type Envelope,
  type FedEvent,
  type StreamMessage,
  type Seams,
  MAX_MESSAGE_BYTES,
  decodeEnvelope,
  envelopeEnd,
  isStreamName,
  seamsOf,
} from '@mizan/contracts';
import { Poison } from './poison.js';

/** The first and last version of an all-or-nothing group. */
export type Group = NonNullable<Seams['group']>;

/** One message as bytes. */
export interface EncodedMessage {
  readonly stream: string;
  readonly value: Buffer;
  /** Of the first of its events that came about in a trace, or null. */
  readonly traceparent: string | null;
  /** The first and last version in it. */
  readonly first: number;
  readonly last: number;
  /** The kinds in it with their schema versions, in the order of their first events: `EntryPosted/1,HoldPlaced/1`. */
  readonly kinds: string;
}

/**
 * The messages of one append, in order: one, or several where its bytes pass `maxBytes`; none is cut inside a group.
 * @param groups the group of each event, or null.
 */
export function encodeMessages(
  stream: string,
  events: readonly FedEvent[],
  groups: readonly (Group | null)[],
  maxBytes: number = MAX_MESSAGE_BYTES,
): EncodedMessage[] {
  const head = `{"stream":${JSON.stringify(stream)},"events":[`;
  const frame = Buffer.byteLength(head) + ']}'.length;
  const messages: EncodedMessage[] = [];
  let pieces: string[] = [];
  let bytes = frame;
  let traceparent: string | null = null;
  let versions: number[] = [];
  const kinds = new Set<string>();
  const close = (): void => {
    if (pieces.length > 0)
      messages.push({
        stream,
        value: Buffer.from(`${head}${pieces.join(',')}]}`),
        traceparent,
        first: versions[0]!,
        last: versions.at(-1)!,
        kinds: [...kinds].join(','),
      });
    pieces = [];
    versions = [];
    kinds.clear();
    traceparent = null;
    bytes = frame;
  };
  for (const unit of units(events, groups)) {
    const encoded = unit.map((event) => JSON.stringify(event));
    const size = encoded.reduce((sum, piece) => sum + Buffer.byteLength(piece) + ','.length, 0);
    if (frame + size > maxBytes)
      throw new RangeError(
        `${stream}@${unit[0]!.version}: ${unit.length} events that belong together take ${size} bytes, over the ${maxBytes} of a message.`,
      );
    if (bytes + size > maxBytes) close();
    pieces.push(...encoded);
    for (const { event, version } of unit) {
      const { type, schemaVersion, traceparent: of } = envelopeEnd(event) ?? decodeEnvelope(event);
      traceparent ??= of;
      kinds.add(`${type}/${schemaVersion}`);
      versions.push(version);
    }
    bytes += size;
  }
  close();
  return messages;
}

/** Single events, and groups as a whole. */
function units(events: readonly FedEvent[], groups: readonly (Group | null)[]): FedEvent[][] {
  const units: FedEvent[][] = [];
  events.forEach((event, index) => {
    const group = groups[index];
    if (group && group.first < event.version && units.length > 0) units.at(-1)!.push(event);
    else units.push([event]);
  });
  return units;
}

/** The events without the beginning of a group whose end is not among them. */
export function wholeGroups(events: readonly FedEvent[]): readonly FedEvent[] {
  const last = events.at(-1);
  if (!last) return events;
  const { group } = seamsOf(last.event);
  return group && group.last > last.version ? events.filter(({ version }) => version < group.first) : events;
}

/** What a reader knows of the kinds of events that it hears. */
export interface KnownKinds {
  /** The newest schema version of a kind that this program knows; null for a kind that it does not know. */
  versionOf(type: string): number | null;
}

/** @throws Poison, kind by kind, for an event that a newer program wrote. */
export function checkKinds({ stream, events }: StreamMessage, kinds: KnownKinds): void {
  for (const { version, event } of events) {
    const at = { stream, version };
    const { type, schemaVersion } = envelopeEnd(event) ?? decodeEnvelope(event);
    const newest = kinds.versionOf(type);
    if (newest === null) throw new Poison(`The event is of an unknown type ${type}. Run a newer program.`, at);
    if (schemaVersion > newest)
      throw new Poison(`Schema version ${schemaVersion} is unknown here (${newest} is the newest of ${type}). Run a newer program.`, at);
  }
}

/** @throws Poison for anything but a message that `encodeMessages` could have written. */
export function decodeMessage(value: Buffer | null): StreamMessage {
  return checkedMessage(json(value?.toString('utf8') ?? '', 'The message'));
}

/** @throws Poison for anything but events of one stream without a gap, each of which is a stored event under its own stream and version. */
export function checkedMessage(value: unknown): StreamMessage {
  const message = value as StreamMessage | null;
  if (typeof message?.stream !== 'string' || !Array.isArray(message.events) || message.events.length === 0)
    throw new Poison('The message is not { stream, events: [...] } with at least one event.');
  const { stream, events } = message;
  if (!isStreamName(stream)) throw new Poison('The stream has a name that no stream has.');
  events.forEach((event: FedEvent | null, index) => {
    if (!Number.isSafeInteger(event?.version) || event!.version < 1 || typeof event!.event !== 'string')
      throw new Poison(`Event ${index} of a message for ${stream} is not { version, event, texts }.`);
    const at = { stream, version: event!.version };
    if (index > 0 && at.version !== events[index - 1]!.version + 1) throw new Poison('The versions in one message have a gap.', at);
    if (typeof event!.texts !== 'object') throw new Poison('texts is neither an object nor null.', at);
    checkEnvelope(json(event!.event, 'The stored event', at) as Envelope | null, at);
  });
  return message;
}

function checkEnvelope(envelope: Envelope | null, at: { stream: string; version: number }): void {
  if (envelope?.stream !== at.stream || envelope.version !== at.version)
    throw new Poison('The stored event does not say the stream and version that it came under.', at);
  if (!Number.isSafeInteger(envelope.schemaVersion) || envelope.schemaVersion < 1 || typeof envelope.type !== 'string')
    throw new Poison('The stored event does not say its type and schema version.', at);
}

function json(text: string, what: string, at: { stream: string; version: number } | null = null): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Poison(`${what} is not JSON (${text.length} characters).`, at, { cause: error });
  }
}
