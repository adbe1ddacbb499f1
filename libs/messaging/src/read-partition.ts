import { randomUUID } from 'node:crypto';
import type kafkajs from 'kafkajs';
import { kafkaClient, silent } from './kafka-client.js';
import type { Place } from './place.js';

/** The next message takes no longer to come, ms. */
const NEXT_WITHIN_MS = 20_000;

/** From the first message that is still there to behind the last one. */
export interface Extent {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** Of each partition; null where there is no such topic. */
export async function extents(brokers: readonly string[], topic: string): Promise<readonly Extent[] | null> {
  const admin = kafkaClient(brokers, 'mizan-look', silent).admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) return null;
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
  } finally {
    await admin.disconnect();
  }
}

/**
 * Reads a partition by a group that is removed afterwards.
 * @param from the first message, which is there.
 * @param end where to stop: before this offset, which is not beyond the partition's end.
 */
export async function readPartition(
  brokers: readonly string[],
  from: Place,
  end: bigint,
  each: (message: kafkajs.KafkaMessage) => void,
): Promise<void> {
  const { topic, partition, offset } = from;
  const groupId = `mizan-look-${randomUUID()}`;
  const kafka = kafkaClient(brokers, groupId, silent);
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250, allowAutoTopicCreation: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('The broker does not give the messages.')), NEXT_WITHIN_MS);
      let next = BigInt(offset);
      const eachMessage = async (one: kafkajs.EachMessagePayload): Promise<void> => {
        const at = BigInt(one.message.offset);
        // Before the seek takes effect others may come; behind the end nothing is asked for.
        if (one.partition !== partition || at < next || at >= end) return;
        each(one.message);
        next = at + 1n;
        late.refresh();
        if (next < end) return;
        clearTimeout(late);
        resolve();
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
      consumer.seek({ topic, partition, offset });
    });
  } finally {
    await consumer.disconnect();
    await removeGroup(kafka, groupId);
  }
}

async function removeGroup(kafka: kafkajs.Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteGroups([groupId]).catch(() => undefined);
  await admin.disconnect();
}
