import type kafkajs from 'kafkajs';
import { DeadLetters } from './dead-letters.js';
import { decodeMessage } from './journal-message.js';
import { kafkaClient, silent } from './kafka-client.js';
import { type Place, inWords } from './place.js';
import { Poison } from './poison.js';
import { extents, readPartition } from './read-partition.js';

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

/** @throws Error where nothing lies there (any more). */
export async function lookAt({ brokers }: Pick<Consuming, 'brokers'>, place: Place): Promise<Found> {
  return found(await messageAt(brokers, place));
}

/**
 * Lets a reader that has halted go on behind a message that is none of the journal's. The message is parked with the dead letters first.
 * No event is lost by it: the journal is complete without Kafka, and what the reader misses it fills from the feed. It goes on when it is
 * started again.
 * @throws Error where the message is the journal's: the same events would come by the feed, so that only a program which understands
 * them helps; where the reader has passed it already; where the reader still runs; or where the message cannot be parked.
 */
export async function passOver(consuming: Consuming, place: Place, deadLetters = new DeadLetters(consuming.brokers)): Promise<Found> {
  const message = await messageAt(consuming.brokers, place);
  const { fault, ...rest } = found(message);
  if (fault === null)
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
    if (BigInt(next) > BigInt(offset))
      throw new Error(`The reader has passed it already: it goes on at ${inWords({ ...place, offset: next })}.`);
    await deadLetters.park(message, { from: place, group: consuming.groupId, reason: fault });
    await admin.setOffsets({ groupId: consuming.groupId, topic, partitions: [{ partition, offset: String(BigInt(offset) + 1n) }] });
    return { ...rest, fault };
  } finally {
    await admin.disconnect();
  }
}

function found({ key, value }: kafkajs.KafkaMessage): Found {
  const known = { key: key?.toString() ?? null, bytes: value?.length ?? 0 };
  try {
    decodeMessage(value);
    return { ...known, fault: null };
  } catch (error) {
    if (error instanceof Poison) return { ...known, fault: error.message };
    throw error;
  }
}

async function messageAt(brokers: readonly string[], place: Place): Promise<kafkajs.KafkaMessage> {
  const { topic, partition, offset } = place;
  const all = await extents(brokers, topic);
  if (!all) throw new Error(`There is no topic ${topic}.`);
  const extent = all.find((one) => one.partition === partition);
  if (!extent) throw new Error(`The topic ${topic} has no partition ${partition}.`);
  const { low, high } = extent;
  if (BigInt(offset) < low || BigInt(offset) >= high)
    throw new Error(`Nothing lies at ${inWords(place)}: the partition has ${low} to ${high}, the last exclusive.`);
  const messages: kafkajs.KafkaMessage[] = [];
  await readPartition(brokers, place, BigInt(offset) + 1n, (message) => messages.push(message));
  return messages[0]!;
}
