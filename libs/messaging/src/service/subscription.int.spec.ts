import { Controller, type DynamicModule, Module } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { StreamMessage, Topic } from '@mizan/contracts';
import { InMemoryEventStore } from '@mizan/event-store';
import { Metrics, Readiness, TokenVerifier, createApplication, provided, token } from '@mizan/platform';
import { kafkaBrokers, testDatabase } from '@mizan/testing';
import { StoreFeed } from '../feed.js';
import type { Handler, Refused } from '../handled-events.js';
import { ensureTopic } from '../kafka-client.js';
import { Poison } from '../poison.js';
import {
  type SumsDatabase,
  Sums,
  encoded,
  eventually,
  fed,
  kafkaAt,
  noTexts,
  publish,
  sumEvents,
  sumsDatabase,
  uniqueName,
} from '../sums.fixture.js';
import { type Hearing, Subscription, connectTo } from './subscription.js';

import.meta.jest.setTimeout(180_000);

let brokers: string[];
let release: () => Promise<void>;
let database: SumsDatabase;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [database, { brokers, release }] = await Promise.all([testDatabase().then(sumsDatabase), kafkaBrokers()]);
}, 300_000);
beforeEach(() => database.clear());
afterEach(async () => {
  for (const stop of cleanUp.splice(0).reverse()) await stop();
});
afterAll(async () => {
  await database.close();
  await release();
});

/** Another service: its store, and its topic. */
async function owner() {
  const store = new InMemoryEventStore();
  const topic: Topic = { name: uniqueName(), partitions: 1, retentionMs: 3_600_000 };
  await ensureTopic(kafkaAt(brokers), topic);
  return {
    topic,
    feed: new StoreFeed(store, noTexts),
    /** Appends to a stream, and says it on the topic. */
    say: async (stream: string, first: number, last: number): Promise<void> => {
      await store.append(stream, first - 1, sumEvents(stream, first, last));
      await publish(brokers, topic.name, [encoded(stream, fed(stream, first, last))]);
    },
  };
}
type Owner = Awaited<ReturnType<typeof owner>>;

const kinds = { versionOf: () => 1 };
const hearing = ({ topic, feed }: Owner, name: string, more: Partial<Hearing> = {}): Hearing => ({
  ...{ name, topic, feed, kinds, schema: 'reader', consumer: topic.name, bus: 'kafka', brokers, into: new Sums(), called: 'The sums' },
  ...more,
});

/** A service that hears two topics, as services do: a consumer with a pattern for each. */
async function hearsBoth(one: Owner, other: Owner) {
  const [ONE, OTHER] = [token<Subscription>('one'), token<Subscription>('other')];
  const heard: Subscription[] = [];
  @Controller()
  class Consumer {
    @EventPattern<string>(one.topic.name)
    ones(@Payload() messages: StreamMessage[]): Promise<void> {
      return heard[0]!.receive(messages);
    }
    @EventPattern<string>(other.topic.name)
    others(@Payload() messages: StreamMessage[]): Promise<void> {
      return heard[1]!.receive(messages);
    }
  }
  @Module({})
  class Service {}
  const made = (of: Owner, name: string) => (readiness: Readiness, metrics: Metrics) => {
    const subscription = new Subscription(hearing(of, name), database.pool, readiness, metrics);
    heard.push(subscription);
    subscription.start();
    return subscription;
  };
  const module: DynamicModule = {
    module: Service,
    controllers: [Consumer],
    providers: [provided(ONE, [Readiness, Metrics], made(one, 'ones')), provided(OTHER, [Readiness, Metrics], made(other, 'others'))],
  };
  const app = await createApplication({ name: 'reader', module, tokens: new TokenVerifier({ keys: [] }), connect: connectTo(ONE, OTHER) });
  cleanUp.push(async () => {
    await Promise.all(heard.map((subscription) => subscription.stop()));
    await app.close();
  });
  return {
    ones: app.get<Subscription>(ONE),
    others: app.get<Subscription>(OTHER),
    readiness: app.get(Readiness),
    metrics: app.get(Metrics),
  };
}

const sums = async (): Promise<readonly (readonly [string, number])[]> =>
  (await database.sums()).map(({ stream, events }) => [stream, Number(events)] as const);

it('a halt stops one subscription alone', async () => {
  const [one, other] = [await owner(), await owner()];
  const { ones, others, readiness, metrics } = await hearsBoth(one, other);
  await one.say('a', 1, 2);
  await other.say('b', 1, 2);
  await eventually(sums, (rows) => JSON.stringify(rows) === '[["a",2],["b",2]]');

  await publish(brokers, one.topic.name, ['no message']);
  await eventually(
    () => ones.follower.status().halted,
    (halted) => halted !== null,
  );
  await one.say('a', 3, 3);
  await other.say('b', 3, 4);
  await eventually(sums, (rows) => JSON.stringify(rows) === '[["a",2],["b",4]]');
  expect([ones.strategy?.kafka()?.state, others.strategy?.kafka()?.state]).toEqual(['halted', 'consuming']);
  const { checks } = await readiness.report();
  expect(checks).toMatchObject({
    ones: { ready: false, detail: expect.stringMatching(`^The sums stand still: the message ${one.topic.name}/0@1 `) },
    others: { ready: true },
    'kafka-others': { state: 'consuming' },
  });
  const halted = (await metrics.text()).split('\n').filter((line) => line.startsWith('mizan_consumer_halted{'));
  expect(halted.toSorted()).toEqual(
    [
      `mizan_consumer_halted{topic="${one.topic.name}",service="reader"} 1`,
      `mizan_consumer_halted{topic="${other.topic.name}",service="reader"} 0`,
    ].toSorted(),
  );
});

describe.each(['kafka', 'feed'] as const)('a handler of single events, over %s', (bus) => {
  async function handled(handle: Handler, refused: Refused) {
    const one = await owner();
    const subscription = new Subscription(
      hearing(one, 'ones', { bus, into: { handle, refused } }),
      database.pool,
      new Readiness('reader', '0'),
      new Metrics('reader', '0'),
    );
    subscription.start();
    cleanUp.push(() => subscription.stop());
    return { ...one, subscription };
  }
  const dead = async () =>
    (await database.pool.query('select stream, version::int, reason from reader.dead_letters order by stream, version')).rows;

  it('gets each event with an id by which it knows it again, also after a fault that passes', async () => {
    const seen: string[] = [];
    let faults = 2;
    const { say } = await handled(async ({ id }) => {
      seen.push(id);
      if (id === 'a@2' && faults-- > 0) throw new TypeError('fetch failed');
    }, 'halt');
    await say('a', 1, 3);
    await eventually(
      () => seen.at(-1),
      (last) => last === 'a@3',
    );
    expect(new Set(seen)).toEqual(new Set(['a@1', 'a@2', 'a@3']));
    expect(seen.filter((id) => id === 'a@2').length).toBeGreaterThan(2);
  });

  it('may take its time: what is handled stays handled while the next event is under way', async () => {
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => (release = resolve));
    const { say } = await handled(async ({ version }) => (version === 3 ? slow : undefined), 'halt');
    await say('a', 1, 4);
    const at = async () => (await database.pool.query<{ version: number }>('select version::int from reader.inbox')).rows[0]?.version;
    expect(await eventually(at, (version) => version === 2)).toBe(2);
    release();
    expect(await eventually(at, (version) => version === 4)).toBe(4);
  });

  it('that needs no order has what it refuses noted, and goes on', async () => {
    const seen: string[] = [];
    const { say, subscription } = await handled(async ({ id, stream, version }) => {
      if (version === 2) throw new Poison('nobody has this account', { stream, version });
      seen.push(id);
    }, 'park');
    await say('a', 1, 3);
    await eventually(
      () => seen.includes('a@3'),
      (there) => there,
    );
    await eventually(dead, (rows) => rows.length > 0);
    expect(await dead()).toEqual([{ stream: 'a', version: 2, reason: 'a@2: nobody has this account' }]);
    expect(subscription.follower.status().halted).toBeNull();
  });

  it('that needs order halts at what it refuses', async () => {
    const { say, subscription } = await handled(async ({ stream, version }) => {
      if (version === 2) throw new Poison('nobody has this account', { stream, version });
    }, 'halt');
    await say('a', 1, 3);
    const halted = await eventually(
      () => subscription.follower.status().halted,
      (why) => why !== null,
    );
    expect(halted).toContain('a@2: nobody has this account');
    expect(await dead()).toEqual([]);
  });
});
