import type kafkajs from 'kafkajs';
import { DeadLetters } from './dead-letters.js';
import { decodeMessage } from './journal-message.js';
import { kafkaClient, silent } from './kafka-client.js';
import { type Place, inWords } from './place.js';
import { Poison } from './poison.js';
import { extents, readPartition } from './read-partition.js';
import { Unpackable } from './unpackable.js';

export interface Consuming {
  readonly brokers: readonly string[];
  /** The reader that has halted. */
  readonly groupId: string;
}

/** What lies at a place of a topic, as far as it may be told: nobody knows whose words the rest are. */
export interface Found {
  /** Null also where it cannot be unpacked. */
  readonly key: string | null;
  readonly bytes: number | null;
  /** Why it cannot be one of the journal's; null where it has their shape: whether the journal has it, the feed knows. */
  readonly fault: string | null;
}

export interface PassedOver extends Found {
  /** Whether the message lies with the dead letters now. One that cannot be unpacked does not. */
  readonly parked: boolean;
  /** Where the reader goes on. */
  readonly next: string;
}

/** @throws Error where nothing lies there (any more). */
export async function lookAt({ brokers }: Pick<Consuming, 'brokers'>, place: Place): Promise<Found> {
  return (await messageAt(brokers, place)).found;
}

/**
 * Lets a reader that has halted go on behind a message. The message is parked with the dead letters first; where it cannot be unpacked,
 * the reader goes on at the partition's present end instead, since nobody can tell where what is packed with it ends.
 * No event is lost by either: the journal is complete without Kafka, and what of it the reader misses it fills from the feed. It goes on
 * when it is started again.
 * @throws Error where the reader has passed it already; where the reader still runs; or where the message cannot be parked.
 */
export async function passOver(consuming: Consuming, place: Place, deadLetters = new DeadLetters(consuming.brokers)): Promise<PassedOver> {
  const { message, found, high } = await messageAt(consuming.brokers, place);
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
    const at = of?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
    if (BigInt(at) > BigInt(offset))
      throw new Error(`The reader has passed it already: it goes on at ${inWords({ ...place, offset: at })}.`);
    if (message) await deadLetters.park(message, { from: place, group: consuming.groupId, reason: found.fault ?? BY_HAND });
    const next = { ...place, offset: String(message ? BigInt(offset) + 1n : high) };
    await admin.setOffsets({ groupId: consuming.groupId, topic, partitions: [{ partition, offset: next.offset }] });
    return { ...found, parked: message !== null, next: inWords(next) };
  } finally {
    await admin.disconnect();
  }
}

const BY_HAND = 'Passed over by hand; it has the shape of a message of the journal.';

function faultOf(value: Buffer | null): string | null {
  try {
    decodeMessage(value);
    return null;
  } catch (error) {
    if (error instanceof Poison) return error.message;
    throw error;
  }
}

interface Read {
  /** Null where it cannot be unpacked. */
  readonly message: kafkajs.KafkaMessage | null;
  readonly found: Found;
  /** Behind the partition's last message. */
  readonly high: bigint;
}

async function messageAt(brokers: readonly string[], place: Place): Promise<Read> {
  const { topic, partition, offset } = place;
  const all = await extents(brokers, topic);
  if (!all) throw new Error(`There is no topic ${topic}.`);
  const extent = all.find((one) => one.partition === partition);
  if (!extent) throw new Error(`The topic ${topic} has no partition ${partition}.`);
  const { low, high } = extent;
  if (BigInt(offset) < low || BigInt(offset) >= high)
    throw new Error(`Nothing lies at ${inWords(place)}: the partition has ${low} to ${high}, the last exclusive.`);
  const messages: kafkajs.KafkaMessage[] = [];
  try {
    await readPartition(brokers, place, BigInt(offset) + 1n, (one) => messages.push(one), 1);
  } catch (error) {
    if (!(error instanceof Unpackable)) throw error;
    return { message: null, found: { key: null, bytes: null, fault: error.message }, high };
  }
  const { key, value } = messages[0]!;
  return { message: messages[0]!, found: { key: key?.toString() ?? null, bytes: value?.length ?? 0, fault: faultOf(value) }, high };
}
