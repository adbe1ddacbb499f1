import { topics } from '@mizan/contracts';
import { repeatMessages } from '@mizan/testing';
import type { Fault } from './fault.js';
import { chance } from './random.js';
import type { Stand } from './stand.js';

// What happens to the broker and to what lies on it. Posting goes on meanwhile: it does not need it.

const now = (): number => performance.now();

const killedKafka: Fault = {
  name: 'kill -9 of Kafka',
  touches: ['Kafka'],
  strike: async ({ kafka, clients }) => {
    await kafka.kill();
    await clients.acknowledge(200);
    const over = now();
    await kafka.start();
    return over;
  },
};

const wipedKafka: Fault = {
  name: "Kafka's data wiped",
  touches: ['Kafka'],
  strike: async ({ kafka, clients }) => {
    await kafka.kill();
    await kafka.wipe();
    await clients.acknowledge(100);
    const over = now();
    await kafka.start();
    return over;
  },
};

const REPEATED = 10_000;

const repeatedMessages: Fault = {
  name: '10,000 messages again, in any order',
  touches: ['Kafka', 'accounts', 'PostgreSQL', 'clock'],
  strike: async (stand) => {
    const { kafka, clients } = stand;
    const repeat = (seed: number): Promise<void> =>
      repeatMessages({ brokers: kafka.brokers, topic: topics.journal.name, count: REPEATED / 2, draw: chance(seed), group: 'accounts' });
    // Once in quiet, when nothing may change; once between messages that are new.
    await clients.pause();
    await stand.quiet();
    const before = await readModels(stand);
    await repeat(11);
    const after = await readModels(stand);
    const changed = [...before].filter(([name, digest]) => after.get(name) !== digest).map(([name]) => name);
    if (changed.length > 0) throw new Error(`Messages that came again changed ${changed.join(', ')}.`);
    clients.start();
    await repeat(12);
    return now();
  },
};

/** A digest of every table that says something of the books. */
async function readModels(stand: Stand): Promise<ReadonlyMap<string, string>> {
  const tables = await stand.ask<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'accounts' AND tablename NOT IN ('inbox', 'feed_tokens', 'rebuilding')`,
  );
  const digests = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await stand.ask<{ digest: string }>(
        `SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS digest FROM accounts.${name} t`,
      );
      return [name, row!.digest] as const;
    }),
  );
  return new Map(digests);
}

export const brokerFaults: readonly Fault[] = [repeatedMessages, killedKafka, wipedKafka];
