import type { FedEvent, Topic } from '@mizan/contracts';
import { type EventStore, type FeedToken, InMemoryEventStore } from '@mizan/event-store';
import { type OwnKafka, ownKafka, testDatabase } from '@mizan/testing';
import { type Feed, StoreFeed } from './feed.js';
import { Follower, type FollowerOptions } from './follower.js';
import type { InboxOptions } from './inbox.js';
import { TopicRelay } from './topic-relay.js';
import { KafkaConsumption } from './kafka-consumption.js';
import { PostgresRelayTokens } from './relay-tokens.js';
import {
  type SumRow,
  type SumsDatabase,
  Sums,
  encoded,
  eventually,
  fed,
  noTexts,
  publish,
  sumEvent,
  sumEvents,
  sumKinds,
  sumOf,
  sumsDatabase,
  uniqueName,
  withAdmin,
} from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

let database: SumsDatabase;
let store: EventStore;
let feed: Feed;
let cleanUp: (() => Promise<void>)[];

beforeAll(async () => {
  database = await sumsDatabase(await testDatabase());
});
beforeEach(async () => {
  await database.clear();
  store = new InMemoryEventStore();
  feed = new StoreFeed(store, noTexts);
  cleanUp = [];
});
afterEach(async () => {
  for (const stop of cleanUp.reverse()) await stop();
});
afterAll(() => database.close());

async function append(stream: string, count: number): Promise<void> {
  const version = await store.version(stream);
  expect(await store.append(stream, version, sumEvents(stream, version + 1, version + count))).toMatchObject({ status: 'appended' });
}

/** What the read model must be, from the journal alone. */
async function truth(streams: readonly string[]): Promise<SumRow[]> {
  const rows: SumRow[] = [];
  for (const stream of [...streams].sort()) {
    const texts: string[] = [];
    for (let page = await store.read(stream, 0, 1000); page.length > 0; page = await store.read(stream, texts.length, 1000))
      texts.push(...page.map(({ text }) => text));
    rows.push(sumOf(stream, texts));
  }
  return rows;
}

const total = (rows: readonly SumRow[]): number => rows.reduce((sum, { events }) => sum + events, 0);

/** The read model, once it has as many events as the journal. */
async function caughtUp(streams: readonly string[]): Promise<SumRow[]> {
  const goal = total(await truth(streams));
  return eventually(
    () => database.sums(),
    (rows) => total(rows) >= goal,
    80_000,
  );
}

function follow(options: Partial<FollowerOptions> = {}, inbox: Partial<InboxOptions> = {}): Follower {
  const follower = new Follower({ inbox: database.inbox(inbox), feed, kinds: sumKinds, bus: 'feed', ...options });
  follower.start();
  cleanUp.push(() => follower.stop());
  return follower;
}

const following = (follower: Follower) =>
  eventually(
    () => follower.status(),
    ({ state }) => state === 'following',
  );

describe('a follower of the feed alone', () => {
  const streams = Array.from({ length: 30 }, (_, index) => `s${index}`);

  it('catches up from nothing and keeps up', async () => {
    await append('a', 5_000);
    for (const stream of streams) await append(stream, 3);
    const follower = follow();
    expect(await caughtUp(['a', ...streams])).toEqual(await truth(['a', ...streams]));
    for (let round = 0; round < 20; round++) await append('a', 2);
    await append('s7', 1);
    expect(await caughtUp(['a', ...streams])).toEqual(await truth(['a', ...streams]));
    const status = await eventually(
      () => follower.status(),
      ({ lag, state }) => lag === 0 && state === 'following',
    );
    expect(status).toMatchObject({ bus: 'feed', halted: null, lastError: null });
    expect(status.streams).toContainEqual({ stream: 'a', head: 5_040, applied: 5_040 });
  });

  it('goes on where it ended', async () => {
    await append('a', 10);
    const first = follow();
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await eventually(
      () => database.inbox().token(),
      (token) => token !== null,
    );
    await first.stop();
    await append('b', 4);
    const asked: (string | null)[] = [];
    follow({ feed: { heads: (after, limit) => (asked.push(after), feed.heads(after, limit)), stream: (...of) => feed.stream(...of) } });
    expect(await caughtUp(['a', 'b'])).toEqual(await truth(['a', 'b']));
    expect(asked[0]).not.toBeNull();
  });

  it('never shows a read model a part of a group, wherever pages end', async () => {
    const seen: FedEvent[][] = [];
    const sums = new Sums();
    for (let first = 1; first < 3_000; first += 399)
      await store.append('a', first - 1, [
        ...Array.from({ length: 398 }, (_, index) => sumEvent('a', first + index, { group: { first, last: first + 397 } })),
        sumEvent('a', first + 398),
      ]);
    follow({}, { projection: { apply: (client, stream, events) => (seen.push([...events]), sums.apply(client, stream, events)) } });
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    expect(seen.length).toBeGreaterThan(2);
    for (const events of seen) expect([0, 398]).toContain(events.at(-1)!.version % 399);
  });

  it('says what is wrong while the feed does not answer, and goes on when it does', async () => {
    let away = true;
    const check = (): void => {
      if (away) throw new Error('The feed at http://127.0.0.1:8081 failed');
    };
    const follower = follow({
      feed: {
        heads: async (...of) => (check(), feed.heads(...of)),
        stream: async (...of) => (check(), feed.stream(...of)),
      },
    });
    await append('a', 3);
    await eventually(
      () => follower.status().lastError,
      (error) => error !== null,
    );
    expect(follower.status()).toMatchObject({ state: 'catching-up', comparedAt: null, lastError: expect.stringMatching(/8081 failed/) });
    away = false;
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await eventually(
      () => follower.status(),
      ({ lastError, state }) => lastError === null && state === 'following',
    );
  });

  it('says how old what it lacks is: since it is known, or since the last event that it has was recorded', async () => {
    let readable = 0;
    const follower = follow({
      feed: {
        heads: (...of) => feed.heads(...of),
        stream: async (stream, after, ...of) => {
          if (after >= readable) throw new Error('not yet');
          return feed.stream(stream, after, ...of);
        },
      },
    });
    expect(follower.lagSeconds()).toBe(0);
    await append('a', 2_500);
    const recordedAgo = (Date.now() - Date.parse('2026-01-01T00:00:00.000Z')) / 1_000;
    const lately = await eventually(
      () => follower.lagSeconds(),
      (lag) => lag > 0,
    );
    expect(lately).toBeLessThan(60);
    readable = 1;
    const long = await eventually(
      () => follower.lagSeconds(),
      (lag) => lag > 60,
    );
    expect(long).toBeCloseTo(recordedAgo, -2);
    readable = Infinity;
    await eventually(
      () => follower.lagSeconds(),
      (lag) => lag === 0,
    );
  });

  it('is not following before it has come to the end, also after a catch-up that failed', async () => {
    for (let version = 1; version <= 3_000; version++) await append('a', 1);
    const asked: { after: string | null; state: string }[] = [];
    let failures = 0;
    const follower = follow({
      feed: {
        heads: async (after, limit) => (asked.push({ after, state: follower.status().state }), feed.heads(after, limit)),
        stream: async (...of) => {
          if (failures++ === 0) throw new Error('The feed at http://127.0.0.1:8081 failed');
          return feed.stream(...of);
        },
      },
    });
    await eventually(
      () => asked.at(-1),
      (last) => last?.state === 'following',
    );
    expect(failures).toBeGreaterThan(1);
    const { next: end } = await store.heads(null, 3_000);
    expect(asked.find(({ state }) => state === 'following')).toEqual({ after: end, state: 'following' });
  });

  it('halts at an event that the read model cannot understand, and applies nothing after it', async () => {
    await append('a', 3);
    await store.append('a', 3, [sumEvent('a', 4).replace('AmountAdded', 'AmountMoved'), sumEvent('a', 5)]);
    const follower = follow();
    await eventually(
      () => follower.status(),
      ({ state }) => state === 'halted',
    );
    expect(follower.status().halted).toBe('a@4: The event is of an unknown type AmountMoved. Run a newer program.');
    await append('b', 2);
    await expect(follower.receive([{ stream: 'b', events: fed('b', 1, 2) }])).rejects.toThrow('unknown type AmountMoved');
    expect(await database.sums()).toEqual([]);
  });
});

describe('a follower to which Kafka brings everything', () => {
  it('keeps its token at the end, however much is appended between two sweeps', async () => {
    const inbox = database.inbox();
    const storeToken = inbox.storeToken.bind(inbox);
    const left: number[] = [];
    // Once in a sweep the token is stored: the next sweep meets 1,500 new appends, all of them applied already.
    inbox.storeToken = async (token) => {
      await storeToken(token);
      const { appends } = await store.readAll(token as FeedToken, 1_000);
      left.push(appends.length);
      if (left.length > 5) return;
      const before = await store.version('a');
      for (let more = 0; more < 1_500; more++) await append('a', 1);
      await follower.receive([{ stream: 'a', events: fed('a', before + 1, before + 1_500) }]);
    };
    await append('a', 1);
    const follower = follow({ inbox, bus: 'kafka', sweepMs: 20 });
    await eventually(
      () => left.length,
      (sweeps) => sweeps > 5,
    );
    expect(left).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await database.sums()).toEqual(await truth(['a']));
  });

  it('stores its token before it rests', async () => {
    for (let version = 1; version <= 2_500; version++) await append('a', 1);
    await database.inbox().receive([{ stream: 'a', events: fed('a', 1, 2_500) }]);
    follow({ bus: 'kafka', sweepMs: 24 * 3600 * 1000 });
    const { next: end } = await store.heads(null, 2_500);
    await eventually(
      () => database.inbox().token(),
      (token) => token === end,
    );
    expect(await database.sums()).toEqual(await truth(['a']));
  });
});

describe('a follower with Kafka', () => {
  const streams = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  let broker: OwnKafka;
  let topic: Topic;

  beforeAll(async () => {
    broker = await ownKafka();
  }, 300_000);
  beforeEach(() => {
    topic = { name: uniqueName(), partitions: 4, retentionMs: 3_600_000 };
  });
  afterAll(() => broker.stop());

  async function startRelay(): Promise<TopicRelay> {
    const tokens = new PostgresRelayTokens(database.pool, 'reader');
    const relay = new TopicRelay({ store, texts: noTexts, tokens, brokers: broker.brokers, topic });
    relay.start();
    cleanUp.push(() => relay.stop());
    await eventually(
      () => relay.status().state,
      (state) => state === 'relaying',
    );
    return relay;
  }

  /** A follower and its consumption, wired as a service wires them. Only the Kafka side brings news unless sweeps are asked for. */
  function followWithKafka(options: Partial<FollowerOptions> = {}) {
    const follower = follow({ bus: 'kafka', ...options });
    const consumption = new KafkaConsumption({
      brokers: broker.brokers,
      groupId: topic.name,
      topics: [topic.name],
      handle: (messages) => follower.receive(messages),
      onHalt: ({ reason }) => follower.halt(reason),
    });
    consumption.start();
    cleanUp.push(() => consumption.stop());
    return { follower, consumption };
  }

  /** Appends to all streams, again and again, until told to stop. */
  function load(): { stop(): Promise<void> } {
    let going = true;
    const loading = (async () => {
      for (let round = 0; going; round++) {
        await append(streams[round % streams.length]!, 1 + (round % 5));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    return { stop: () => ((going = false), loading) };
  }

  const appliedAtLeast = (events: number) =>
    eventually(
      async () => total(await database.sums()),
      (applied) => applied >= events,
      80_000,
    );
  const consuming = (consumption: KafkaConsumption) =>
    eventually(
      () => consumption.status().state,
      (state) => state === 'consuming',
      80_000,
    );
  const NEVER_MS = 24 * 3600 * 1000;

  it('is brought the news by Kafka', async () => {
    await startRelay();
    const { follower, consumption } = followWithKafka({ sweepMs: NEVER_MS });
    await following(follower);
    await consuming(consumption);
    for (let round = 0; round < 50; round++) await append(streams[round % 7]!, 1 + (round % 4));
    expect(await caughtUp(streams)).toEqual(await truth(streams));
    expect(consumption.status()).toMatchObject({ healthy: true, lastError: null });
  });

  it('applies every event once and in order while the broker is killed and restarted under load', async () => {
    const relay = await startRelay();
    const { consumption } = followWithKafka();
    await consuming(consumption);
    const loading = load();
    await appliedAtLeast(100);
    await broker.kill();
    await eventually(
      () => relay.status(),
      ({ state, connected }) => state === 'waiting' && !connected,
    );
    const before = total(await database.sums());
    // The feed goes on meanwhile.
    await appliedAtLeast(before + 200);
    await broker.restart();
    await eventually(
      () => relay.status(),
      ({ connected, lastError }) => connected && lastError === null,
      80_000,
    );
    await consuming(consumption);
    await appliedAtLeast(total(await database.sums()) + 100);
    await loading.stop();
    expect(await caughtUp(streams)).toEqual(await truth(streams));
  });

  it('applies every event once and in order while the topic is deleted under load', async () => {
    await startRelay();
    const { consumption } = followWithKafka();
    await consuming(consumption);
    const loading = load();
    for (let round = 1; round <= 3; round++) {
      await appliedAtLeast(total(await database.sums()) + 100);
      await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [topic.name] }));
    }
    await appliedAtLeast(total(await database.sums()) + 100);
    await loading.stop();
    expect(await caughtUp(streams)).toEqual(await truth(streams));
    await eventually(
      () => withAdmin(broker.brokers, (admin) => admin.listTopics()),
      (names) => names.includes(topic.name),
    );
    await consuming(consumption);
  });

  it('is not moved by a bit when messages are repeated and shuffled', async () => {
    await startRelay();
    const { follower, consumption } = followWithKafka({ sweepMs: NEVER_MS });
    await following(follower);
    await consuming(consumption);
    for (const stream of streams) for (let round = 0; round < 10; round++) await append(stream, 3);
    expect(await caughtUp(streams)).toEqual(await truth(streams));
    const before = await database.sums();

    const messages = streams.flatMap((stream) =>
      [1, 4, 7, 10, 13, 20, 26].map((first) => ({ stream, value: encoded(stream, fed(stream, first, first + 4)) })),
    );
    const shuffled = [...messages, ...messages, ...messages].sort((a, b) => hashOf(a.value) - hashOf(b.value));
    for (const { stream, value } of [...messages, ...shuffled]) await publish(broker.brokers, topic.name, [value], stream);
    const ends = await withAdmin(broker.brokers, (admin) => admin.fetchTopicOffsets(topic.name));
    await eventually(
      () => withAdmin(broker.brokers, (admin) => admin.fetchOffsets({ groupId: topic.name, topics: [topic.name] })),
      ([group]) =>
        ends.every(({ partition, high }) => high === '0' || group!.partitions.find((one) => one.partition === partition)!.offset === high),
    );
    expect(await database.sums()).toEqual(before);
    expect(consumption.status().halted).toBeNull();
  });

  it('fills a gap from the feed before it goes on, without waiting for a sweep', async () => {
    await startRelay();
    const { follower, consumption } = followWithKafka({ sweepMs: NEVER_MS });
    await following(follower);
    await consuming(consumption);
    await append('a', 3);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await consumption.stop();
    // What is published now, nobody hears, and then it has expired.
    await append('a', 2_000);
    await eventually(
      () => endOf(),
      (end) => end > 1,
    );
    await expire();
    await append('a', 2);
    followKafkaAgain(follower);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
  });

  it('is complete from the feed when it is new and the messages have expired', async () => {
    await startRelay();
    for (const stream of streams) await append(stream, 700);
    await eventually(
      () => endOf(),
      (end) => end >= streams.length,
    );
    await expire();
    const { consumption } = followWithKafka();
    expect(await caughtUp(streams)).toEqual(await truth(streams));
    await consuming(consumption);
    await append('a', 1);
    expect(await caughtUp(streams)).toEqual(await truth(streams));
  });

  it('shares the partitions with another instance, and takes them over', async () => {
    await startRelay();
    const first = followWithKafka();
    const second = followWithKafka();
    await eventually(
      () => [first, second].map(({ consumption }) => consumption.status().assigned.length),
      ([one, other]) => one === 2 && other === 2,
    );
    const loading = load();
    await appliedAtLeast(200);
    await second.consumption.stop();
    await second.follower.stop();
    await eventually(
      () => first.consumption.status().assigned.length,
      (count) => count === 4,
      80_000,
    );
    await appliedAtLeast(total(await database.sums()) + 200);
    await loading.stop();
    expect(await caughtUp(streams)).toEqual(await truth(streams));
  });

  it('halts as a whole at a poisonous message, with a clear word', async () => {
    const relay = await startRelay();
    const { follower, consumption } = followWithKafka({ sweepMs: 20 });
    await consuming(consumption);
    await append('a', 3);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await publish(broker.brokers, topic.name, ['{"stream":"a"}'], 'a');
    await eventually(
      () => consumption.status().state,
      (state) => state === 'halted',
    );
    expect(consumption.status().halted).toMatchObject({
      topic: topic.name,
      offset: '1',
      reason: expect.stringMatching(/not \{ stream, events/),
    });
    expect(follower.status()).toMatchObject({ state: 'halted', halted: expect.stringMatching(/not \{ stream, events/) });
    const before = await database.sums();
    await append('a', 3);
    const { next } = await store.readAll(null, 1_000);
    await eventually(
      () => relay.status().lastToken,
      (token) => token === next,
    );
    await expect(follower.receive([{ stream: 'a', events: fed('a', 4, 6) }])).rejects.toThrow(/not \{ stream, events/);
    await follower.stop();
    expect(await database.sums()).toEqual(before);
  });

  it('goes on after a halt, once the topic is deleted and it is started again: nothing is lost', async () => {
    await startRelay();
    const { follower, consumption } = followWithKafka({ sweepMs: 20 });
    await consuming(consumption);
    await append('a', 3);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await publish(broker.brokers, topic.name, ['{"stream":"a"}'], 'a');
    await eventually(
      () => follower.status().halted,
      (halted) => halted !== null,
    );
    expect(follower.status().halted).toMatch(/^the message \S+\/\d@1 cannot be read: /);
    await append('a', 2);
    await follower.stop();
    await consumption.stop();

    await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [topic.name] }));
    await append('a', 1);
    const again = followWithKafka({ sweepMs: 1_000 });
    await consuming(again.consumption);
    await append('a', 3);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    expect(again.follower.status().halted).toBeNull();
    expect(again.consumption.status().halted).toBeNull();
    await broughtByKafka(again.follower);
  });

  it('goes on where its group remembers places beyond the end of the new topic', async () => {
    await startRelay();
    await append('a', 3);
    await eventually(endOf, (end) => end === 1);
    const partitions = [0, 1, 2, 3].map((partition) => ({ partition, offset: '1000' }));
    await withAdmin(broker.brokers, (admin) => admin.setOffsets({ groupId: topic.name, topic: topic.name, partitions }));
    const { follower, consumption } = followWithKafka({ sweepMs: 1_000 });
    await consuming(consumption);
    await append('a', 2);
    expect(await caughtUp(['a'])).toEqual(await truth(['a']));
    await eventually(
      () => withAdmin(broker.brokers, (admin) => admin.fetchOffsets({ groupId: topic.name, topics: [topic.name] })),
      ([group]) => group!.partitions.some(({ offset }) => offset === '2'),
    );
    expect(follower.status().halted).toBeNull();
  });

  function followKafkaAgain(follower: Follower): void {
    const consumption = new KafkaConsumption({
      brokers: broker.brokers,
      groupId: topic.name,
      topics: [topic.name],
      handle: (messages) => follower.receive(messages),
    });
    consumption.start();
    cleanUp.push(() => consumption.stop());
  }

  /** What is appended now comes by Kafka: the group's places move. */
  async function broughtByKafka(follower: Follower): Promise<void> {
    const places = (): Promise<string> =>
      withAdmin(broker.brokers, async (admin) => JSON.stringify(await admin.fetchOffsets({ groupId: topic.name, topics: [topic.name] })));
    const before = await places();
    await append('a', 1);
    await eventually(places, (now) => now !== before);
    expect(follower.status().halted).toBeNull();
  }

  /** How many messages the topic has ever had. */
  const endOf = (): Promise<number> =>
    withAdmin(broker.brokers, async (admin) =>
      (await admin.fetchTopicOffsets(topic.name)).reduce((sum, { high }) => sum + Number(high), 0),
    );

  /** Removes all messages, as their age would. */
  const expire = (): Promise<void> =>
    withAdmin(broker.brokers, async (admin) => {
      const partitions = (await admin.fetchTopicOffsets(topic.name)).map(({ partition, high }) => ({ partition, offset: high }));
      await admin.deleteTopicRecords({ topic: topic.name, partitions });
    });
});

/** A shuffle that is the same in every run. */
const hashOf = (value: Buffer): number => value.reduce((hash, byte) => (hash * 31 + byte * 7919) % 1_000_003, value.length);
