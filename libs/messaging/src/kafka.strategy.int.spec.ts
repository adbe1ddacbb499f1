import type { StreamMessage } from '@mizan/contracts';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { kafkaBrokers } from '@mizan/testing';
import type { Halt } from './kafka-consumption.js';
import { ensureTopic } from './kafka-client.js';
import { BatchContext, KafkaStrategy, type KafkaStrategyOptions } from './kafka.strategy.js';
import { Poison } from './poison.js';
import { encoded, eventually, fed, kafkaAt, publish, uniqueName, withAdmin } from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

type Handler = (messages: readonly StreamMessage[], context: BatchContext) => Promise<void>;

/** A service that listens to a topic as services do, with `@EventPattern`. */
async function service(topic: string, handler: Handler, options: Partial<KafkaStrategyOptions> = {}) {
  @Controller()
  class JournalConsumer {
    @EventPattern<string>(topic)
    onJournal(@Payload() messages: StreamMessage[], @Ctx() context: BatchContext): Promise<void> {
      return handler(messages, context);
    }
  }
  @Module({ controllers: [JournalConsumer] })
  class Service {}

  const strategy = new KafkaStrategy({ brokers, topic, groupId: topic, ...options });
  const app = await NestFactory.createMicroservice(Service, { strategy, logger: false });
  await app.listen();
  apps.push(app);
  return { app, strategy };
}

const versionsOf = (messages: readonly StreamMessage[]): number[] => messages.flatMap(({ events }) => events.map(({ version }) => version));
const committed = (group: string, topic: string): Promise<string> =>
  withAdmin(brokers, async (admin) => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]!.partitions[0]!.offset);

let brokers: string[];
let release: () => Promise<void>;
let topic: string;
const apps: INestMicroservice[] = [];

beforeAll(async () => {
  ({ brokers, release } = await kafkaBrokers());
}, 300_000);
beforeEach(async () => {
  topic = uniqueName();
  await ensureTopic(kafkaAt(brokers), { name: topic, partitions: 1, retentionMs: 3_600_000 });
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(() => release());

describe('the Kafka transport', () => {
  it('listens and closes where there is no broker at all', async () => {
    const { app, strategy } = await service(topic, async () => {}, { brokers: ['127.0.0.1:1'] });
    await eventually(
      () => strategy.kafka()!.lastError,
      (error) => error !== null,
    );
    expect(strategy.kafka()).toMatchObject({ state: 'waiting', healthy: false, assigned: [] });
    await app.close();
    expect(strategy.kafka()!.state).toBe('stopped');
  });

  it('hands whole batches, decoded, to the declared listener, and commits after it', async () => {
    const batches: number[][] = [];
    const offsetsDuring: string[] = [];
    await publish(brokers, topic, [encoded('a', fed('a', 1, 2)), encoded('a', fed('a', 3, 3)), encoded('a', fed('a', 4, 6))]);
    await service(topic, async (messages, { place }) => {
      offsetsDuring.push(await committed(topic, topic), place.offset);
      batches.push(versionsOf(messages));
    });
    await eventually(
      () => committed(topic, topic),
      (offset) => offset === '3',
    );
    expect(batches).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(offsetsDuring).toEqual(['-1', '0']);
  });

  it('brings a batch again until it is applied, and commits nothing before', async () => {
    const seen: number[][] = [];
    const { strategy } = await service(topic, async (messages) => {
      seen.push(versionsOf(messages));
      if (seen.length <= 6) throw new Error('the database is away');
    });
    await publish(brokers, topic, [encoded('a', fed('a', 1, 2))]);
    await eventually(
      () => seen.length,
      (count) => count > 1,
    );
    expect(await committed(topic, topic)).toBe('-1');
    expect(strategy.kafka()!.lastError).toMatch(/./);
    await publish(brokers, topic, [encoded('a', fed('a', 3, 3))]);
    await eventually(
      () => committed(topic, topic),
      (offset) => offset === '2',
    );
    expect(seen.slice(0, 6).every(([first]) => first === 1)).toBe(true);
    expect(new Set(seen.slice(6).flat())).toEqual(new Set([1, 2, 3]));
    expect(strategy.kafka()).toMatchObject({ state: 'consuming', healthy: true, lastError: null, assigned: [{ topic, partition: 0 }] });
  });

  it('stays in the group while a batch takes longer than the session', async () => {
    let attempts = 0;
    await publish(brokers, topic, [encoded('a', fed('a', 1, 1))]);
    const { strategy } = await service(topic, async () => {
      attempts++;
      await new Promise((resolve) => setTimeout(resolve, 9_000));
    });
    await eventually(
      () => committed(topic, topic),
      (offset) => offset === '1',
    );
    expect(attempts).toBe(1);
    expect(strategy.kafka()!.lastError).toBeNull();
  });

  it.each<[string, Buffer]>([
    ['not JSON', Buffer.from('Not a message')],
    ['a wrong shape', Buffer.from('{"stream":"a","events":{}}')],
    [
      'an event without a schema version',
      encoded('a', [{ ...fed('a', 3, 3)[0]!, event: fed('a', 3, 3)[0]!.event.replace('"schemaVersion":1', '"schemaVersion":0') }]),
    ],
  ])('halts at a message that is %s: says where and why, applies what came before, skips nothing', async (_name, poison) => {
    const seen: number[] = [];
    const halts: Halt[] = [];
    await publish(brokers, topic, [encoded('a', fed('a', 1, 1)), encoded('a', fed('a', 2, 2)), poison, encoded('a', fed('a', 4, 4))]);
    const listen = () =>
      service(topic, async (messages) => void seen.push(...versionsOf(messages)), { onHalt: (halt) => halts.push(halt) });
    const { app, strategy } = await listen();
    await eventually(
      () => strategy.kafka()!.state,
      (state) => state === 'halted',
    );
    expect(strategy.kafka()!.halted).toMatchObject({
      topic,
      partition: 0,
      offset: '2',
      reason: expect.stringMatching(/not JSON|stream, events|schema version/),
    });
    expect(strategy.kafka()!.healthy).toBe(false);
    expect(halts).toEqual([strategy.kafka()!.halted]);
    expect(seen).toEqual([1, 2]);
    expect(await committed(topic, topic)).toBe('2');
    await app.close();

    const again = await listen();
    await eventually(
      () => again.strategy.kafka()!.state,
      (state) => state === 'halted',
    );
    expect(seen).toEqual([1, 2]);
  });

  it('halts at what its listener calls poison, naming the message; what came before is applied', async () => {
    await publish(brokers, topic, [encoded('a', fed('a', 1, 2)), encoded('a', fed('a', 3, 4)), encoded('a', fed('a', 5, 5))]);
    const { strategy } = await service(topic, async (messages) => {
      if (versionsOf(messages).includes(4)) throw new Poison('an unknown type', { stream: 'a', version: 4 });
    });
    await eventually(
      () => strategy.kafka()!.state,
      (state) => state === 'halted',
    );
    expect(strategy.kafka()!.halted).toEqual({
      topic,
      partition: 0,
      offset: '1',
      reason: `the message ${topic}/0@1 holds a@4: an unknown type`,
    });
    expect(await committed(topic, topic)).toBe('1');
  });

  it('listens at once, and begins when the topic is there', async () => {
    const late = uniqueName();
    const seen: number[] = [];
    const { strategy } = await service(late, async (messages) => void seen.push(...versionsOf(messages)));
    expect(strategy.kafka()).toMatchObject({ state: 'waiting', healthy: false });
    await eventually(
      () => strategy.kafka()!.lastError,
      (error) => error !== null,
    );
    await ensureTopic(kafkaAt(brokers), { name: late, partitions: 2, retentionMs: 3_600_000 });
    await publish(brokers, late, [encoded('a', fed('a', 1, 1))]);
    await eventually(
      () => seen,
      ({ length }) => length === 1,
    );
  });
});
