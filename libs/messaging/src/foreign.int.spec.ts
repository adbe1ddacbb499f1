import type { FedEvent } from '@mizan/contracts';
import { InMemoryEventStore } from '@mizan/event-store';
import { kafkaBrokers, testDatabase } from '@mizan/testing';
import { DeadLetters } from './dead-letters.js';
import { type Feed, StoreFeed } from './feed.js';
import { Follower } from './follower.js';
import { ensureTopic } from './kafka-client.js';
import { KafkaConsumption, type KafkaConsumptionOptions } from './kafka-consumption.js';
import {
  type SumsDatabase,
  encoded,
  eventually,
  fed,
  kafkaAt,
  lying,
  noTexts,
  publish,
  sumEvents,
  sumKinds,
  sumOf,
  sumsDatabase,
  uniqueName,
  withAdmin,
} from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

const NEVER_MS = 24 * 3600 * 1000;
let brokers: string[];
let release: () => Promise<void>;
let database: SumsDatabase;
let store: InMemoryEventStore;
let feed: Feed;
let topic: string;
let cleanUp: (() => Promise<void>)[];

beforeAll(async () => {
  [database, { brokers, release }] = await Promise.all([testDatabase().then(sumsDatabase), kafkaBrokers()]);
}, 300_000);
beforeEach(async () => {
  await database.clear();
  store = new InMemoryEventStore();
  feed = new StoreFeed(store, noTexts);
  topic = uniqueName();
  cleanUp = [];
  await ensureTopic(kafkaAt(brokers), { name: topic, partitions: 1, retentionMs: 3_600_000 });
});
afterEach(async () => {
  for (const stop of cleanUp.reverse()) await stop();
});
afterAll(async () => {
  await database.close();
  await release();
});

async function append(stream: string, first: number, last: number): Promise<void> {
  expect(await store.append(stream, first - 1, sumEvents(stream, first, last))).toMatchObject({ status: 'appended' });
}
const say = (...messages: (readonly [string, readonly FedEvent[]])[]): Promise<void> =>
  publish(
    brokers,
    topic,
    messages.map(([stream, events]) => encoded(stream, events)),
  );
const changed = (events: readonly FedEvent[], from: string, to: string): FedEvent[] =>
  events.map((event) => ({ ...event, event: event.event.replace(from, to) }));

/** A reader that follows the feed before it listens to Kafka; after that, the feed alone brings it nothing. */
async function listen(options: Partial<KafkaConsumptionOptions> = {}) {
  const follower = new Follower({ inbox: database.inbox(), feed, kinds: sumKinds, bus: 'kafka', sweepMs: NEVER_MS });
  follower.start();
  cleanUp.push(() => follower.stop());
  await eventually(
    () => follower.status().state,
    (state) => state === 'following',
  );
  const consumption = new KafkaConsumption({
    brokers,
    groupId: topic,
    topics: [topic],
    handle: (messages) => follower.receive(messages),
    onHalt: ({ reason }) => follower.halt(reason),
    ...options,
  });
  consumption.start();
  cleanUp.push(() => consumption.stop());
  return { follower, consumption };
}

const haltOf = async (follower: Follower): Promise<string> =>
  (await eventually(
    () => follower.status().halted,
    (halted) => halted !== null,
  ))!;
const heard = async (): Promise<string[]> =>
  (await database.pool.query<{ stream: string }>('select stream from reader.inbox order by stream')).rows.map(({ stream }) => stream);

describe('a message that the journal does not bear out', () => {
  it.each<[string, string, readonly FedEvent[], RegExp]>([
    ['begins a stream that the journal does not have', 'x', fed('x', 1, 1), /not in the feed: the feed has no stream x\.$/],
    ['goes on with a stream that the journal does not have', 'x', fed('x', 12, 12), /not in the feed: the feed has no stream x\.$/],
    [
      'is of a stream that the journal does not have, and not to be understood',
      'x',
      changed(fed('x', 1, 1), 'AmountAdded', 'Blown'),
      /no stream x\.$/,
    ],
    ['claims more than the journal has', 'a', fed('a', 9, 9), /not in the feed: the feed has a up to 3, and the message says 9\.$/],
    [
      'goes on with an event that is not understood',
      'a',
      changed(fed('a', 4, 4), 'AmountAdded', 'Blown'),
      /holds a@4: .*an unknown type Blown/,
    ],
    ['has a name that no stream has', 'a\0b', fed('a\0b', 1, 1), /cannot be read: .*a name that no stream has\.$/],
  ])('halts the reader with its place, and leaves no trace: it %s', async (_name, stream, events, why) => {
    await append('a', 1, 3);
    const { follower } = await listen();
    await say([stream, events]);
    const halted = await haltOf(follower);
    expect(halted).toMatch(`the message ${topic}/0@0 `);
    expect(halted).toMatch(why);
    expect(await heard()).toEqual(['a']);
    expect(await database.sums()).toEqual([sumOf('a', sumEvents('a', 1, 3))]);
    expect(follower.status()).toMatchObject({ state: 'halted', lag: 0 });
    expect(follower.lagSeconds()).toBe(0);

    // The topic goes, the reader starts again, and what the journal has comes.
    for (const stop of cleanUp.splice(0).reverse()) await stop();
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually(
      () => withAdmin(brokers, (admin) => admin.listTopics()),
      (names) => !names.includes(topic),
    );
    await ensureTopic(kafkaAt(brokers), { name: topic, partitions: 1, retentionMs: 3_600_000 });
    const again = await listen();
    await append('b', 1, 2);
    await say(['b', fed('b', 1, 2)]);
    await eventually(
      () => database.sums(),
      (rows) => rows.some((row) => row.stream === 'b'),
    );
    expect(again.follower.status()).toMatchObject({ halted: null, lag: 0 });
  });

  it('is parked by a reader that parks, once, and those around it are applied', async () => {
    await append('a', 1, 3);
    const deadLetters = new DeadLetters(brokers, { name: `${topic}.dead-letter`, partitions: 1, retentionMs: 3_600_000 });
    const { follower } = await listen({ poison: { park: deadLetters } });
    await append('b', 1, 1);
    await append('a', 4, 4);
    await say(['b', fed('b', 1, 1)], ['x', fed('x', 1, 1)], ['a', fed('a', 4, 4)]);
    const letters = await eventually(
      () => lying(brokers, `${topic}.dead-letter`),
      (found) => found.length > 0,
    );
    expect(letters.map(({ headers }) => String(headers?.['dead-letter-reason']))).toEqual([
      `the message ${topic}/0@1 is not in the feed: the feed has no stream x.`,
    ]);
    await eventually(
      () => database.sums(),
      (rows) => rows.find(({ stream }) => stream === 'a')?.events.toString() === '4',
    );
    expect(await heard()).toEqual(['a', 'b']);
    expect(follower.status()).toMatchObject({ halted: null, lag: 0 });
  });
});

describe('a stream that a reader hears of first from Kafka', () => {
  it('is fetched from the feed, once', async () => {
    const truth = new StoreFeed(store, noTexts);
    const fetched: string[] = [];
    feed = {
      heads: (after, limit) => truth.heads(after, limit),
      stream: (stream, after, limit) => (fetched.push(stream), truth.stream(stream, after, limit)),
    };
    await listen();
    await append('new', 1, 3);
    // What Kafka says is not what counts.
    await say(['new', changed(fed('new', 1, 3), '"amount":"7"', '"amount":"7000"')]);
    await eventually(
      () => database.sums(),
      (rows) => rows.length > 0,
    );
    expect(await database.sums()).toEqual([sumOf('new', sumEvents('new', 1, 3))]);
    expect(fetched).toEqual(['new']);
  });

  it('is waited for where the feed is a little late', async () => {
    const truth = new StoreFeed(store, noTexts);
    let looks = 0;
    feed = {
      heads: (after, limit) => truth.heads(after, limit),
      stream: async (stream, after, limit) => (++looks < 4 ? [] : truth.stream(stream, after, limit)),
    };
    const { follower } = await listen();
    await append('new', 1, 3);
    await say(['new', fed('new', 1, 3)]);
    await eventually(
      () => database.sums(),
      (rows) => rows.length > 0,
    );
    expect(looks).toBe(4);
    expect(follower.status().halted).toBeNull();
  });
});
