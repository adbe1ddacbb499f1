import { MAX_MESSAGE_BYTES, topics } from '@mizan/contracts';
import kafkajs from 'kafkajs';
import { decodeMessage } from './journal-message.js';
import { FRAMING_BYTES, type Topic, ensureTopic, kafkaClient, silent } from './kafka-client.js';
import { reasonOf } from './poison.js';
import { type Place, inWords, placeOf } from './place.js';
import { type Extent, extents, readPartition } from './read-partition.js';

/** A message with its headers, as it was. */
export type Bytes = Pick<kafkajs.KafkaMessage, 'key' | 'value' | 'headers'>;

/** Why a message was parked. */
export interface Parking {
  readonly from: Place;
  /** The reader that could not apply it. */
  readonly group: string;
  readonly reason: string;
}

/** A parked message, as far as it may be told: nobody knows whose words it holds. */
export interface DeadLetter {
  /** Where it lies: `mizan.journal.dead-letter/0@3`. */
  readonly place: string;
  /** Where it came from, likewise. */
  readonly from: string;
  readonly group: string;
  readonly reason: string;
  /** When it was parked, RFC 3339. */
  readonly at: string;
  readonly bytes: number;
  /** When it was last sent again, RFC 3339; null where it was not. */
  readonly replayedAt: string | null;
}

export interface DeadLetterList {
  readonly letters: readonly DeadLetter[];
  /** Places of the topic before those that were looked at. */
  readonly older: number;
}

const FROM = 'dead-letter-from';
const GROUP = 'dead-letter-group';
const REASON = 'dead-letter-reason';
const AT = 'dead-letter-at';
/** On a message of its own, written when a letter was sent again: that letter's offset, in the same partition. */
const REPLAYED = 'dead-letter-replayed';
const OWN_HEADERS: readonly string[] = [FROM, GROUP, REASON, AT];

const ALL = -1;
const REASON_CHARACTERS = 1_000;
/** Places of each partition that a list looks at, from its end. */
const LISTED = 1_000;

/**
 * The topic of messages that some reader could not apply: the bytes as they were, with headers that say where from, why and when. They stay as long as the topic keeps them, and can be sent again by hand.
 */
export class DeadLetters {
  constructor(
    private readonly brokers: readonly string[],
    private readonly topic: Topic = topics.deadLetters,
  ) {}

  /** Resolves once the broker has it. Makes the topic where it is missing. */
  async park({ key, value, headers }: Bytes, { from, group, reason }: Parking): Promise<void> {
    const kafka = this.client();
    // The largest message that a topic takes still has room for the headers of a letter.
    await ensureTopic(kafka, this.topic, MAX_MESSAGE_BYTES + 2 * FRAMING_BYTES);
    const own = {
      [FROM]: inWords(from),
      [GROUP]: group,
      [REASON]: reason.slice(0, REASON_CHARACTERS),
      [AT]: new Date().toISOString(),
    };
    await send(kafka, this.topic.name, [{ key, value, headers: { ...headers, ...own } }]);
  }

  /** The newest, oldest first. */
  async list(): Promise<DeadLetterList> {
    const letters: DeadLetter[] = [];
    let older = 0n;
    for (const { partition, low, high } of (await extents(this.brokers, this.topic.name)) ?? []) {
      const first = high - low > LISTED ? high - BigInt(LISTED) : low;
      older += first - low;
      if (first === high) continue;
      letters.push(...(await this.read({ topic: this.topic.name, partition, offset: String(first) }, high)).values());
    }
    return { letters, older: Number(older) };
  }

  /**
   * Sends a letter again to the topic it came from, once. Readers of the journal that have applied it already drop it.
   * Broken off between the two writes it makes, it sends the letter again when it is called again.
   * @throws Error where no letter lies there, where it was sent again already, and where it is none of the journal's: every reader would
   * halt at it, or park it, once more.
   */
  async replay(place: Place): Promise<DeadLetter> {
    const { high } = await this.extentAt(place);
    let found: Bytes | null = null;
    const letters = await this.read(place, high, (message) => (found ??= message));
    const letter = letters.get(place.offset);
    if (!letter || !found) throw new Error(`No dead letter lies at ${inWords(place)}.`);
    if (letter.replayedAt !== null) throw new Error(`It was sent again already, at ${letter.replayedAt}.`);
    const { key, value, headers } = found as Bytes;
    requireJournals(value);
    const kafka = this.client();
    const kept = Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !OWN_HEADERS.includes(name)));
    await send(kafka, placeOf(letter.from)!.topic, [{ key, value, headers: kept }]);
    const replayedAt = new Date().toISOString();
    await send(kafka, this.topic.name, [
      { key: null, value: null, partition: place.partition, headers: { [REPLAYED]: place.offset, [AT]: replayedAt } },
    ]);
    return { ...letter, replayedAt };
  }

  /** The letters between two offsets of a partition, by offset. */
  private async read(from: Place, end: bigint, each: (message: Bytes) => void = () => {}): Promise<Map<string, DeadLetter>> {
    const letters = new Map<string, DeadLetter>();
    await readPartition(this.brokers, from, end, (message) => {
      each(message);
      const { headers = {}, offset, value } = message;
      const said = (name: string): string => headers[name]?.toString() ?? '';
      const replayed = letters.get(said(REPLAYED));
      if (said(FROM) === '') {
        if (replayed) letters.set(said(REPLAYED), { ...replayed, replayedAt: said(AT) });
        return;
      }
      letters.set(offset, {
        place: inWords({ ...from, offset }),
        from: said(FROM),
        group: said(GROUP),
        reason: said(REASON),
        at: said(AT),
        bytes: value?.length ?? 0,
        replayedAt: null,
      });
    });
    return letters;
  }

  private async extentAt(place: Place): Promise<Extent> {
    const all = place.topic === this.topic.name ? await extents(this.brokers, place.topic) : null;
    const extent = all?.find(({ partition }) => partition === place.partition);
    const offset = BigInt(place.offset);
    if (!extent || offset < extent.low || offset >= extent.high) throw new Error(`No dead letter lies at ${inWords(place)}.`);
    return extent;
  }

  private client(): kafkajs.Kafka {
    return kafkaClient(this.brokers, 'mizan-dead-letters', silent);
  }
}

function requireJournals(value: Buffer | null): void {
  try {
    decodeMessage(value);
  } catch (error) {
    throw new Error(`It is still none of the journal's, so that every reader would stumble over it once more: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function send(kafka: kafkajs.Kafka, topic: string, messages: kafkajs.Message[]): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, acks: ALL, timeout: 5_000, messages });
  } finally {
    await producer.disconnect();
  }
}
