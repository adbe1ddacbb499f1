import { MAX_MESSAGE_BYTES, type Topic } from '@mizan/contracts';
import kafkajs from 'kafkajs';
import { FRAMING_BYTES, ensureTopic, kafkaClient, silent } from './kafka-client.js';
import { type Place, inWords } from './place.js';

/** A message with its headers, as it was. */
export type Bytes = Pick<kafkajs.KafkaMessage, 'key' | 'value' | 'headers'>;

/** Why a message was parked. */
export interface Parking {
  readonly from: Place;
  /** The reader that could not apply it. */
  readonly group: string;
  readonly reason: string;
}

const FROM = 'dead-letter-from';
const GROUP = 'dead-letter-group';
const REASON = 'dead-letter-reason';
const AT = 'dead-letter-at';

const ALL = -1;
const REASON_CHARACTERS = 1_000;

/**
 * The topic of messages that some reader could not apply: the bytes as they were, with headers that say where from, for whom, why and when.
 * They stay as long as the topic keeps them.
 */
export class DeadLetters {
  constructor(
    private readonly brokers: readonly string[],
    private readonly topic: Topic,
  ) {}

  /** Resolves once the broker has it. Makes the topic where it is missing. */
  async park({ key, value, headers }: Bytes, { from, group, reason }: Parking): Promise<void> {
    const kafka = kafkaClient(this.brokers, 'mizan-dead-letters', silent);
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
