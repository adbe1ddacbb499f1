import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
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
 * Reads a partition, and no other, by a group that is removed afterwards.
 * @param from the first message, which is there.
 * @param end where to stop: before this offset, which is not beyond the partition's end.
 * @throws the reason for which the client gave up.
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
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 250,
    allowAutoTopicCreation: false,
    partitionAssigners: [only(topic, partition)],
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const failed = (error: unknown): void => {
        clearTimeout(late);
        reject(error as Error);
      };
      const late = setTimeout(() => failed(new Error('The broker does not give the messages.')), NEXT_WITHIN_MS);
      let next = BigInt(offset);
      const eachMessage = async ({ message }: kafkajs.EachMessagePayload): Promise<void> => {
        const at = BigInt(message.offset);
        // A batch may begin before the first message asked for, and end behind the last.
        if (at < next || at >= end) return;
        each(message);
        next = at + 1n;
        late.refresh();
        if (next < end) return;
        clearTimeout(late);
        resolve();
      };
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) failed(error);
      });
      consumer.run({ autoCommit: false, eachMessage }).catch(failed);
      consumer.seek({ topic, partition, offset });
    });
  } finally {
    await consumer.disconnect();
    await removeGroup(kafka, groupId);
  }
}

/** The group's only member is given one partition, and the others are given to nobody. */
const only =
  (topic: string, partition: number): kafkajs.PartitionAssigner =>
  () => {
    const [name, version, userData] = ['mizan-only', 0, Buffer.alloc(0)];
    const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
    return {
      name,
      version,
      protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData }) }),
      assign: async ({ members }) =>
        members.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment: { [topic]: [partition] }, userData }),
        })),
    };
  };

async function removeGroup(kafka: kafkajs.Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteGroups([groupId]).catch(() => undefined);
  await admin.disconnect();
}
