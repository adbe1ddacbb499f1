import { kafkaBrokers } from '@mizan/testing';
import kafkajs from 'kafkajs';
import { ensureTopic } from './kafka-client.js';
import { KafkaConsumption } from './kafka-consumption.js';
import { lookAt, passOver } from './pass-over.js';
import { encoded, eventually, fed, kafkaAt, publishPacked, uniqueName, withAdmin } from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

let brokers: string[];
let release: () => Promise<void>;
let topic: string;
const running: KafkaConsumption[] = [];

beforeAll(async () => {
  ({ brokers, release } = await kafkaBrokers());
}, 300_000);
beforeEach(() => {
  topic = uniqueName();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => release());

const declared = () => ({ name: topic, partitions: 2, retentionMs: 3_600_000 });
const single = (version: number): string => String(encoded('a', fed('a', version, version)));

/** A topic as others make it: what a producer packs, stays packed. */
const madeByOthers = (): Promise<unknown> =>
  withAdmin(brokers, (admin) =>
    admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '7200000' }] }],
    }),
  );

function listen(): { readonly seen: number[]; readonly consumption: KafkaConsumption } {
  const seen: number[] = [];
  const consumption = new KafkaConsumption({
    brokers,
    groupId: topic,
    topics: [topic],
    handle: async (messages) => void seen.push(...messages.flatMap(({ events }) => events.map(({ version }) => version))),
  });
  consumption.start();
  running.push(consumption);
  return { seen, consumption };
}

async function put(partition: number, ...values: readonly string[]): Promise<void> {
  const producer = kafkaAt(brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const value of values) await producer.send({ topic, messages: [{ partition, value }] });
  await producer.disconnect();
}

describe('a batch in a codec that readers lack', () => {
  it('is unpacked by the broker, on a topic that we made', async () => {
    await ensureTopic(kafkaAt(brokers), declared());
    await publishPacked(brokers, topic, 1, [single(1), single(2)]);
    const { seen } = listen();
    await eventually(
      () => seen.length,
      (count) => count === 2,
    );
    expect(seen).toEqual([1, 2]);
  });

  it('is unpacked by the broker on a topic that was there, once we have seen to it; its other settings stay', async () => {
    await madeByOthers();
    await ensureTopic(kafkaAt(brokers), declared());
    const { resources } = await withAdmin(brokers, (admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }] }),
    );
    const values = new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    expect([values.get('compression.type'), values.get('retention.ms')]).toEqual(['uncompressed', '7200000']);
    await publishPacked(brokers, topic, 1, [single(1)]);
    const { seen } = listen();
    await eventually(
      () => seen.length,
      (count) => count === 1,
    );
  });

  it('halts the reader where it lies packed, with its place; it can be passed over, and the other partition looked at', async () => {
    await madeByOthers();
    await put(0, single(10));
    await put(1, single(1), single(2));
    await publishPacked(brokers, topic, 1, [single(3), single(4)]);
    await put(1, single(5));
    const { consumption } = listen();
    await eventually(
      () => consumption.status().state,
      (state) => state === 'halted',
    );
    const reason = expect.stringMatching(
      new RegExp(`^the message ${topic}/1@2 is none of the journal's: it is compressed in a way that this reader cannot unpack`),
    );
    expect(consumption.status().halted).toEqual({ topic, partition: 1, offset: '2', reason });
    await consumption.stop();

    const place = { topic, partition: 1, offset: '2' };
    expect(await lookAt({ brokers }, place)).toEqual({ key: null, bytes: null, fault: expect.stringMatching(/ZSTD/) });
    expect(await lookAt({ brokers }, { ...place, offset: '1' })).toMatchObject({ fault: null });
    expect(await lookAt({ brokers }, { topic, partition: 0, offset: '0' })).toMatchObject({ fault: null });
    expect(await passOver({ brokers, groupId: topic }, place)).toMatchObject({ parked: false, next: `${topic}/1@5` });
    const again = listen();
    await put(1, single(6));
    await eventually(
      () => again.seen,
      (seen) => seen.includes(6),
    );
    expect(again.consumption.status().halted).toBeNull();
  });
});
