import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { decodeMessage } from './journal-message.js';
import { kafkaClient, silent } from './kafka-client.js';
import type { Place } from './kafka-consumption.js';
import { Poison } from './poison.js';

/** A message takes no longer to come, ms. */
const FETCH_WITHIN_MS = 20_000;

export interface Consuming {
  readonly brokers: readonly string[];
  /** The reader that has halted. */
  readonly groupId: string;
}

/** What lies at a place of a topic, as far as it may be told: nobody knows whose words the rest are. */
export interface Found {
  readonly key: string | null;
  readonly bytes: number;
  /** Why it is no journal message; null where it is one. */
  readonly fault: string | null;
}

/** `mizan.journal/2@1374`, as a reader that halts names a message. @returns null for anything else. */
export function placeOf(text: string): Place | null {
  const [, topic, partition, offset] = /^([A-Za-z0-9._-]{1,249})\/(\d{1,6})@(\d{1,18})$/.exec(text) ?? [];
  return topic === undefined ? null : { topic, partition: Number(partition), offset: offset! };
}

/** @throws Error where nothing lies there (any more). */
export async function lookAt({ brokers }: Pick<Consuming, 'brokers'>, place: Place): Promise<Found> {
  const value = await fetched(brokers, place);
  const found = { key: value.key?.toString() ?? null, bytes: value.value?.length ?? 0 };
  try {
    decodeMessage(value.value);
    return { ...found, fault: null };
  } catch (error) {
    if (error instanceof Poison) return { ...found, fault: error.message };
    throw error;
  }
}

/**
 * Lets a reader that has halted go on behind a message that is none of the journal's. Nothing is lost by it: the journal is
 * complete without Kafka, and what the reader misses it fills from the feed. It goes on when it is started again.
 * @throws Error where the message is the journal's: the same events would come by the feed, so that only a program which understands
 * them helps; where the reader has passed it already; or where the reader still runs.
 */
export async function passOver(consuming: Consuming, place: Place): Promise<Found> {
  const found = await lookAt(consuming, place);
  if (found.fault === null)
    throw new Error(
      'It is a message of the journal. No event is ever passed over: the reader would get the same events from the feed. Start a program that understands them.',
    );
  const { topic, partition, offset } = place;
  const admin = kafkaClient(consuming.brokers, 'mizan-pass-over', silent).admin();
  await admin.connect();
  try {
    const [group] = (await admin.describeGroups([consuming.groupId])).groups;
    if (group && group.members.length > 0)
      throw new Error(
        `The group ${consuming.groupId} still reads. Only one that has halted, or is stopped, can be told to go on elsewhere.`,
      );
    const [of] = await admin.fetchOffsets({ groupId: consuming.groupId, topics: [topic] });
    const next = of?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
    if (BigInt(next) > BigInt(offset)) throw new Error(`The reader has passed it already: it goes on at ${topic}/${partition}@${next}.`);
    await admin.setOffsets({ groupId: consuming.groupId, topic, partitions: [{ partition, offset: String(BigInt(offset) + 1n) }] });
    return found;
  } finally {
    await admin.disconnect();
  }
}

/** One message, read by a group that is removed afterwards. */
async function fetched(brokers: readonly string[], { topic, partition, offset }: Place): Promise<kafkajs.KafkaMessage> {
  const groupId = `mizan-look-${randomUUID()}`;
  const kafka = kafkaClient(brokers, groupId, silent);
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250, allowAutoTopicCreation: false });
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`There is no topic ${topic}.`);
    const bounds = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    const there = bounds && BigInt(offset) >= BigInt(bounds.low) && BigInt(offset) < BigInt(bounds.high);
    if (!there)
      throw new Error(
        bounds
          ? `Nothing lies at ${topic}/${partition}@${offset}: the partition has ${bounds.low} to ${bounds.high}, the last exclusive.`
          : `The topic ${topic} has no partition ${partition}.`,
      );
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return await new Promise<kafkajs.KafkaMessage>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('The broker does not give the message.')), FETCH_WITHIN_MS);
      const eachMessage = async (one: kafkajs.EachMessagePayload): Promise<void> => {
        if (one.partition !== partition || one.message.offset !== offset) return;
        clearTimeout(late);
        resolve(one.message);
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
      consumer.seek({ topic, partition, offset });
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}
