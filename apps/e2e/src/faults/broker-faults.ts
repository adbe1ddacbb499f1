import { topicOf } from '@mizan/contracts';
import { repeatMessages } from '@mizan/testing';
import { chance } from '@mizan/process/trial';
import type { Fault } from './fault.js';
import { inQuiet } from './read-models.js';

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
    const { kafka } = stand;
    const repeat = (seed: number): Promise<void> =>
      repeatMessages({
        brokers: kafka.brokers,
        topic: topicOf('transfers').name,
        count: REPEATED / 2,
        draw: chance(seed),
        group: 'accounts',
      });
    // Once in quiet, when nothing may change; once between messages that are new.
    await inQuiet(stand, () => repeat(11));
    await repeat(12);
    return now();
  },
};

export const brokerFaults: readonly Fault[] = [repeatedMessages, killedKafka, wipedKafka];
