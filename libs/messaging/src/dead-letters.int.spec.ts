import { type JournalMessage, MAX_MESSAGE_BYTES } from '@mizan/contracts';
import { kafkaBrokers } from '@mizan/testing';
import type { KafkaMessage } from 'kafkajs';
import { DeadLetters } from './dead-letters.js';
import { FRAMING_BYTES, type Topic, ensureTopic } from './kafka-client.js';
import { KafkaConsumption, type KafkaConsumptionOptions } from './kafka-consumption.js';
import { placeOf } from './place.js';
import { Poison } from './poison.js';
import { extents, readPartition } from './read-partition.js';
import { encoded, eventually, fed, kafkaAt, publish, uniqueName, withAdmin } from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

let brokers: string[];
let release: () => Promise<void>;
let topic: string;
let ofTheDead: Topic;
let letters: DeadLetters;
const running: KafkaConsumption[] = [];

beforeAll(async () => {
  ({ brokers, release } = await kafkaBrokers());
}, 300_000);
beforeEach(async () => {
  topic = uniqueName();
  ofTheDead = { name: `${topic}.dead-letter`, partitions: 1, retentionMs: 3_600_000 };
  letters = new DeadLetters(brokers, ofTheDead);
  await ensureTopic(kafkaAt(brokers), { name: topic, partitions: 1, retentionMs: 3_600_000 });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => release());

type Handler = (messages: readonly JournalMessage[]) => Promise<void>;

/** A reader whose work needs no order. */
function consume(handle: Handler, options: Partial<KafkaConsumptionOptions> = {}): KafkaConsumption {
  const consumption = new KafkaConsumption({ brokers, groupId: topic, topics: [topic], handle, poison: { park: letters }, ...options });
  consumption.start();
  running.push(consumption);
  return consumption;
}

const versionsOf = (messages: readonly JournalMessage[]): number[] =>
  messages.flatMap(({ events }) => events.map(({ version }) => version));
const single = (version: number): Buffer => encoded('a', fed('a', version, version));
const committed = (): Promise<string> =>
  withAdmin(brokers, async (admin) => (await admin.fetchOffsets({ groupId: topic, topics: [topic] }))[0]!.partitions[0]!.offset);
const upTo = (offset: string): Promise<string> => eventually(committed, (found) => found === offset);
/** Everything that lies in a topic of one partition. */
async function all(name: string): Promise<KafkaMessage[]> {
  const found: KafkaMessage[] = [];
  const [{ low, high } = { low: 0n, high: 0n }] = (await extents(brokers, name)) ?? [];
  if (high > low) await readPartition(brokers, { topic: name, partition: 0, offset: String(low) }, high, (one) => found.push(one));
  return found;
}

/** Refuses one version, as often as it is told to. */
function refusing(version: number, times: number): { readonly handle: Handler; readonly seen: Set<number>; readonly refused: number[] } {
  const seen = new Set<number>();
  const refused: number[] = [];
  const handle: Handler = async (messages) => {
    const versions = versionsOf(messages);
    if (versions.includes(version) && refused.length < times) {
      refused.push(versions.length);
      throw new Poison('nobody has this account', { stream: 'a', version });
    }
    for (const one of versions) seen.add(one);
  };
  return { handle, seen, refused };
}

describe('a reader that parks what it cannot apply', () => {
  it('parks it with its reason after a few tries, as it was, and handles the ones behind it', async () => {
    const { handle, seen, refused } = refusing(2, Infinity);
    await publish(brokers, topic, [single(1), 'Not a message', single(2), single(3)], 'key-a');
    const consumption = consume(handle);
    await upTo('4');
    expect([...seen]).toEqual([1, 3]);
    // Once with its neighbour, then alone.
    expect(refused).toEqual([2, 1, 1, 1]);
    expect(consumption.status()).toMatchObject({ state: 'consuming', healthy: true, lastError: null, halted: null });

    const list = await letters.list();
    expect(list).toEqual({
      older: 0,
      letters: [
        {
          place: `${ofTheDead.name}/0@0`,
          from: `${topic}/0@1`,
          group: topic,
          reason: `the message ${topic}/0@1 is none of the journal's: The message is not JSON (13 characters).`,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          bytes: 13,
          replayedAt: null,
        },
        expect.objectContaining({
          place: `${ofTheDead.name}/0@1`,
          from: `${topic}/0@2`,
          reason: `the message ${topic}/0@2 holds a@2: nobody has this account`,
        }),
      ],
    });
    const kept = await all(ofTheDead.name);
    expect(kept.map(({ key, value }) => [String(key), String(value)])).toEqual([
      ['key-a', 'Not a message'],
      ['key-a', String(single(2))],
    ]);
  });

  it('parks also the largest message that a topic takes', async () => {
    const largest = Buffer.alloc(MAX_MESSAGE_BYTES + FRAMING_BYTES - 1_000, 'x');
    await publish(brokers, topic, [largest]);
    consume(async () => {});
    await upTo('1');
    expect((await letters.list()).letters).toMatchObject([{ from: `${topic}/0@0`, bytes: largest.length }]);
  });

  it('parks nothing because of a fault that passes', async () => {
    let failures = 0;
    const seen: number[] = [];
    await publish(brokers, topic, [single(1), single(2)]);
    consume(async (messages) => {
      if (failures++ < 6) throw new Error('the database is away');
      seen.push(...versionsOf(messages));
    });
    await upTo('2');
    expect(seen).toEqual([1, 2]);
    expect(await letters.list()).toEqual({ letters: [], older: 0 });
  });

  it('halts where the broker does not take the dead letter: nothing is lost, nothing behind it is handled', async () => {
    await withAdmin(brokers, (admin) =>
      admin.createTopics({
        topics: [{ topic: ofTheDead.name, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '100' }] }],
      }),
    );
    const seen: number[] = [];
    await publish(brokers, topic, [single(1), 'Not a message', single(3)]);
    const consumption = consume(async (messages) => void seen.push(...versionsOf(messages)));
    await eventually(
      () => consumption.status().state,
      (state) => state === 'halted',
    );
    expect(consumption.status().halted).toMatchObject({
      topic,
      offset: '1',
      reason: expect.stringMatching(/none of the journal's: .* cannot be parked either: .*larger than/),
    });
    expect(seen).toEqual([1]);
    expect(await committed()).toBe('1');
  });
});

describe('a dead letter', () => {
  const first = (): NonNullable<ReturnType<typeof placeOf>> => placeOf(`${ofTheDead.name}/0@0`)!;

  it('is sent again to where it came from, once, and is applied there', async () => {
    const { handle, seen } = refusing(2, 4);
    await publish(brokers, topic, [single(1), single(2), single(3)], 'key-a');
    consume(handle);
    await upTo('3');
    expect([...seen]).toEqual([1, 3]);
    const letter = await letters.replay(first());
    expect(letter).toMatchObject({ from: `${topic}/0@1`, replayedAt: expect.any(String) });
    await upTo('4');
    expect([...seen]).toEqual([1, 3, 2]);
    const again = (await all(topic))[3]!;
    expect([String(again.key), again.value?.equals(single(2)), again.headers]).toEqual(['key-a', true, {}]);
    await expect(letters.replay(first())).rejects.toThrow(`It was sent again already, at ${letter.replayedAt}.`);
    expect((await letters.list()).letters).toEqual([letter]);
    expect(await all(topic)).toHaveLength(4);
  });

  it('keeps the headers that it came with', async () => {
    const headers = { 'feed-token': Buffer.from('7') };
    await letters.park({ key: null, value: single(1), headers }, { from: { topic, partition: 0, offset: '5' }, group: 'x', reason: 'y' });
    await letters.replay(first());
    expect((await all(topic)).map((one) => one.headers)).toEqual([headers]);
  });

  it('that is none of the journal’s is not sent again', async () => {
    await letters.park(
      { key: null, value: Buffer.from('{'), headers: {} },
      { from: { topic, partition: 0, offset: '0' }, group: 'x', reason: 'y' },
    );
    await expect(letters.replay(first())).rejects.toThrow(/still none of the journal's.*not JSON/);
    await expect(letters.replay({ ...first(), offset: '1' })).rejects.toThrow(`No dead letter lies at ${ofTheDead.name}/0@1.`);
    await expect(letters.replay({ topic, partition: 0, offset: '0' })).rejects.toThrow(`No dead letter lies at ${topic}/0@0.`);
    expect(await all(topic)).toEqual([]);
  });

  it('is among the newest that are listed; how many older places there are is said', async () => {
    const from = { topic, partition: 0, offset: '0' };
    await letters.park({ key: null, value: single(1), headers: {} }, { from, group: 'x', reason: 'old' });
    await publish(
      brokers,
      ofTheDead.name,
      Array.from({ length: 999 }, () => 'put there by somebody else'),
    );
    await letters.park({ key: null, value: single(2), headers: {} }, { from, group: 'x', reason: 'new' });
    const { letters: found, older } = await letters.list();
    expect({ found: found.map(({ reason }) => reason), older }).toEqual({ found: ['new'], older: 1 });
  });
});
