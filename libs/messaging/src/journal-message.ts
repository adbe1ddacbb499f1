import {
  type Envelope,
  type FedEvent,
  type JournalMessage,
  JOURNAL_SCHEMA_VERSION,
  MAX_MESSAGE_BYTES,
  decodeEnvelope,
} from '@mizan/contracts';
import { Poison } from './poison.js';

/** The first and last version of an all-or-nothing group. */
export interface Group {
  readonly first: number;
  readonly last: number;
}

/** What a journal event says about its neighbours and its texts, beside its facts. */
interface Seams {
  readonly group: Group | null;
  readonly texts?: string | null;
}

export function seamsOf(text: string): Seams {
  return decodeEnvelope(text).data as Seams;
}

/** One message as bytes. */
export interface EncodedMessage {
  readonly stream: string;
  readonly value: Buffer;
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
  const close = (): void => {
    if (pieces.length > 0) messages.push({ stream, value: Buffer.from(`${head}${pieces.join(',')}]}`) });
    pieces = [];
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

/** @throws Poison for anything but a message that `encodeMessages` could have written. */
export function decodeMessage(value: Buffer | null): JournalMessage {
  const message = json(value?.toString('utf8') ?? '', 'The message') as JournalMessage;
  if (
    typeof message !== 'object' ||
    message === null ||
    typeof message.stream !== 'string' ||
    !Array.isArray(message.events) ||
    message.events.length === 0
  )
    throw new Poison('The message is not { stream, events: [...] } with at least one event.');
  const { stream } = message;
  message.events.forEach((event: FedEvent, index) => {
    if (
      typeof event !== 'object' ||
      event === null ||
      !Number.isSafeInteger(event.version) ||
      event.version < 1 ||
      typeof event.event !== 'string'
    )
      throw new Poison(`Event ${index} of a message for ${stream} is not { version, event, texts }.`);
    const at = { stream, version: event.version };
    if (index > 0 && event.version !== message.events[index - 1]!.version + 1)
      throw new Poison('The versions in one message have a gap.', at);
    if (event.texts !== null && typeof event.texts !== 'object') throw new Poison('texts is neither an object nor null.', at);
    checkEnvelope(json(event.event, 'The stored event', at) as Envelope, at);
  });
  return message;
}

function checkEnvelope(envelope: Envelope, at: { stream: string; version: number }): void {
  if (typeof envelope !== 'object' || envelope === null || envelope.stream !== at.stream || envelope.version !== at.version)
    throw new Poison('The stored event does not say the stream and version that it came under.', at);
  if (!Number.isSafeInteger(envelope.schemaVersion) || envelope.schemaVersion < 1 || envelope.schemaVersion > JOURNAL_SCHEMA_VERSION)
    throw new Poison(
      `Schema version ${envelope.schemaVersion} is unknown here (${JOURNAL_SCHEMA_VERSION} is the newest). Run a newer program.`,
      at,
    );
}

function json(text: string, what: string, at: { stream: string; version: number } | null = null): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Poison(`${what} is not JSON (${text.length} characters).`, at, { cause: error });
  }
}
