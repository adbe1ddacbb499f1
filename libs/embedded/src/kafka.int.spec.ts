import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka as KafkaClient, logLevel } from 'kafkajs';
import { type Kafka, startKafka } from './kafka.js';
import { kafkaJars } from './kafka-jars.js';

const FIVE_MB_BUT_FRAMING = 5 * 1024 * 1024 - 1000;
const quiet = { clientId: 'test', logLevel: logLevel.NOTHING };

async function lastOffset(brokers: readonly string[], topic: string): Promise<string | undefined> {
  const admin = new KafkaClient({ ...quiet, brokers: [...brokers] }).admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets(topic))[0]?.high;
  } finally {
    await admin.disconnect();
  }
}

async function send(brokers: readonly string[], topic: string, value: string): Promise<void> {
  const producer = new KafkaClient({ ...quiet, brokers: [...brokers] }).producer();
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [{ key: 'ledger', value }] });
  } finally {
    await producer.disconnect();
  }
}

describe('embedded Kafka', () => {
  let directory: string;
  let running: Kafka | undefined;
  const start = async (port?: number) => {
    running = await startKafka({
      directory: join(directory, 'kafka'),
      logFile: join(directory, 'kafka.log'),
      jarsDirectory: await kafkaJars(),
      ...(port === undefined ? {} : { port }),
    });
    return running;
  };

  beforeAll(() => kafkaJars(), 600_000);
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'mizan-kafka-'))));
  afterEach(async () => {
    await running?.stop();
    await rm(directory, { recursive: true });
  });

  it('keeps messages over a stop, a kill and restarts on the same port, and takes the largest message of the contract', async () => {
    // Made by an earlier version, open to others.
    await mkdir(join(directory, 'kafka'), { mode: 0o755 });
    const first = await start();
    expect((await stat(join(directory, 'kafka'))).mode & 0o777).toBe(0o700);
    const admin = new KafkaClient({ ...quiet, brokers: [...first.brokers] }).admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'kept', numPartitions: 1 }] });
    await admin.disconnect();
    await send(first.brokers, 'kept', 'x'.repeat(FIVE_MB_BUT_FRAMING));
    await first.stop();

    const second = await start(first.port);
    expect(await lastOffset(second.brokers, 'kept')).toBe('1');
    await send(second.brokers, 'kept', 'second');
    await second.kill();

    const third = await start(first.port);
    expect(await lastOffset(third.brokers, 'kept')).toBe('2');
  }, 120_000);

  it('refuses a topic that nobody made', async () => {
    const { brokers } = await start();
    const producer = new KafkaClient({ ...quiet, brokers: [...brokers], retry: { retries: 0 } }).producer();
    await producer.connect();
    await expect(producer.send({ topic: 'misspelt', messages: [{ value: 'x' }] })).rejects.toThrow(/does not host this topic-partition/);
    await producer.disconnect();
  }, 60_000);
});
