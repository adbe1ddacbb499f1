import { kafkaServer } from './servers.js';
import { oneForAll } from './one-for-all.js';

export interface KafkaBrokers {
  readonly brokers: string[];
  release(): Promise<void>;
}

const server = oneForAll(() => process.env.TEST_KAFKA_BROKERS || undefined, kafkaServer);

/**
 * A real Kafka broker that other tests use too: topics and groups need names of the test's own where it must be alone.
 * The one that TEST_KAFKA_BROKERS names, else a broker that starts with the first who asks and ends with the last who releases.
 */
export async function kafkaBrokers(): Promise<KafkaBrokers> {
  const { address, release } = await server.acquire();
  return { brokers: address.split(','), release };
}
