import { kafkaClient, silent } from './kafka-client.js';
import type { Assigned } from './kafka-session.js';
import type { Place } from './place.js';
import { extents, readPartition } from './read-partition.js';
import { Unpackable } from './unpackable.js';

/** How many offsets of a partition are looked through: more than one answer of the broker brings. */
const LOOKED_THROUGH = 20_000n;

/** The first message that cannot be unpacked, of those that a group reads next; null where there is none. */
export async function firstUnpackable(
  brokers: readonly string[],
  groupId: string,
  assigned: readonly Assigned[],
): Promise<{ readonly place: Place; readonly fault: Unpackable } | null> {
  for (const topic of new Set(assigned.map((one) => one.topic))) {
    const next = await nextOffsets(brokers, groupId, topic);
    for (const { partition, low, high } of (await extents(brokers, topic)) ?? []) {
      if (!assigned.some((one) => one.topic === topic && one.partition === partition)) continue;
      let at = next.get(partition) ?? low;
      if (at < low) at = low;
      if (at >= high) continue;
      const end = high - at > LOOKED_THROUGH ? at + LOOKED_THROUGH : high;
      const from = { topic, partition, offset: String(at) };
      try {
        await readPartition(brokers, from, end, ({ offset }) => (at = BigInt(offset) + 1n), 1);
      } catch (error) {
        if (error instanceof Unpackable) return { place: { ...from, offset: String(at) }, fault: error };
        throw error;
      }
    }
  }
  return null;
}

async function nextOffsets(brokers: readonly string[], groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const admin = kafkaClient(brokers, 'mizan-look', silent).admin();
  await admin.connect();
  try {
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return new Map(group?.partitions.filter(({ offset }) => offset !== '-1').map(({ partition, offset }) => [partition, BigInt(offset)]));
  } finally {
    await admin.disconnect();
  }
}
