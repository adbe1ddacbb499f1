import kafkajs from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';

const { Kafka, logLevel } = kafkajs;
const BATCH = 250;
const TIMEOUT_MS = 60_000;

export interface Repetition {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** How many messages are sent; where the topic holds fewer, some of them several times. */
  readonly count: number;
  /** Numbers in [0, 1): which message, and to which partition. */
  readonly draw: () => number;
  /** A consumer group that follows the topic. */
  readonly group: string;
}

/** Sends messages of a topic again, in random order, each to a random partition. Resolves when the group has read all of them. */
export async function repeatMessages({ brokers, topic, count, draw, group }: Repetition): Promise<void> {
  const kafka = new Kafka({ clientId: 'repeat-messages', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const all = await readAll(kafka, topic, await ends(admin, topic));
    const partitions = (await admin.fetchTopicOffsets(topic)).length;
    for (let sent = 0; sent < count; sent += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, count - sent) }, () => ({
        ...all[Math.floor(draw() * all.length)]!,
        partition: Math.floor(draw() * partitions),
      }));
      await producer.send({ topic, messages, acks: -1 });
    }
    await untilRead(admin, topic, group, await ends(admin, topic));
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

type Ends = ReadonlyMap<number, bigint>;
type Stored = Pick<kafkajs.KafkaMessage, 'key' | 'value' | 'headers'>;

async function ends(admin: kafkajs.Admin, topic: string): Promise<Ends> {
  return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]));
}

async function readAll(kafka: kafkajs.Kafka, topic: string, to: Ends): Promise<Stored[]> {
  const consumer = kafka.consumer({ groupId: `repeat-messages-${process.hrtime.bigint()}`, maxWaitTimeInMs: 100 });
  const found: Stored[] = [];
  const open = new Set([...to].filter(([, end]) => end > 0n).map(([partition]) => partition));
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const impatient = setTimeout(() => reject(new Error(`${topic} could not be read to its end.`)), TIMEOUT_MS);
      consumer
        .run({
          eachMessage: async ({ partition, message: { key, value, headers, offset } }) => {
            found.push({ key, value, ...(headers ? { headers } : {}) });
            if (BigInt(offset) >= to.get(partition)! - 1n) open.delete(partition);
            if (open.size > 0) return;
            clearTimeout(impatient);
            resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

async function untilRead(admin: kafkajs.Admin, topic: string, group: string, to: Ends): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const read = new Map(offsets?.partitions.map(({ partition, offset }) => [partition, offset === '-1' ? 0n : BigInt(offset)]));
    if ([...to].every(([partition, end]) => (read.get(partition) ?? 0n) >= end)) return;
    if (performance.now() > deadline) throw new Error(`${group} has read ${topic} to ${inWords(read)} of ${inWords(to)}.`);
    await sleep(50);
  }
}

const inWords = (offsets: Ends): string => JSON.stringify([...offsets].map(([partition, offset]) => [partition, String(offset)]));
