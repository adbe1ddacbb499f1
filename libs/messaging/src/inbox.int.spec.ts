import type { StreamMessage } from '@mizan/contracts';
import { testDatabase } from '@mizan/testing';
import { Poison } from './poison.js';
import { type SumsDatabase, Sums, fed, sumEvents, sumOf, sumsDatabase } from './sums.fixture.js';

const message = (stream: string, first: number, last: number): StreamMessage => ({ stream, events: fed(stream, first, last) });
const upTo = (stream: string, last: number) => sumOf(stream, sumEvents(stream, 1, last));

let database: SumsDatabase;
beforeAll(async () => {
  database = await sumsDatabase(await testDatabase());
}, 120_000);
beforeEach(() => database.clear());
afterAll(() => database.close());

describe('an inbox', () => {
  it('applies each event once, however often and in whatever order messages come', async () => {
    const inbox = database.inbox();
    expect((await inbox.receive([message('a', 1, 5), message('b', 1, 2), message('a', 6, 7)])).gaps).toEqual([]);
    const sums = await database.sums();
    expect(sums).toEqual([upTo('a', 7), upTo('b', 2)]);

    const received = await inbox.receive([message('a', 6, 7), message('b', 1, 2), message('a', 1, 5), message('a', 3, 6)]);
    expect(received).toEqual({ versions: new Map(Object.entries({ a: 7, b: 2 })), gaps: [] });
    expect(await database.sums()).toEqual(sums);

    await inbox.receive([message('a', 10, 11), message('a', 6, 9), message('a', 8, 8)]);
    expect(await database.sums()).toEqual([upTo('a', 11), upTo('b', 2)]);
  });

  it('leaves out what lies behind a gap, and names the gap', async () => {
    const inbox = database.inbox();
    const { versions, gaps } = await inbox.receive([message('a', 1, 3), message('a', 6, 9), message('b', 2, 2), message('c', 1, 1)]);
    expect(gaps).toEqual([
      { stream: 'a', applied: 3, seen: 9 },
      { stream: 'b', applied: 0, seen: 2 },
    ]);
    expect(versions).toEqual(new Map(Object.entries({ a: 3, b: 0, c: 1 })));
    expect(await database.sums()).toEqual([upTo('a', 3), upTo('c', 1)]);
    expect((await inbox.receive([message('a', 4, 9), message('b', 1, 2)])).gaps).toEqual([]);
    expect(await database.sums()).toEqual([upTo('a', 9), upTo('b', 2), upTo('c', 1)]);
  });

  it('keeps transactions bounded and messages whole', async () => {
    const calls: number[] = [];
    const sums = new Sums();
    const inbox = database.inbox({
      eventsPerTransaction: 10,
      projection: { apply: (client, stream, events) => (calls.push(events.length), sums.apply(client, stream, events)) },
    });
    const messages = Array.from({ length: 10 }, (_, index) => message('a', index * 4 + 1, index * 4 + 4));
    expect(await inbox.receive(messages)).toEqual({ versions: new Map([['a', 40]]), gaps: [] });
    expect(calls).toEqual([12, 12, 12, 4]);
    expect(await database.sums()).toEqual([upTo('a', 40)]);
  });

  it('finds a gap over several transactions, and not one that a later message closes', async () => {
    const inbox = database.inbox({ eventsPerTransaction: 1 });
    const { gaps } = await inbox.receive([message('a', 4, 6), message('a', 1, 3), message('b', 5, 5), message('a', 4, 6)]);
    expect(gaps).toEqual([{ stream: 'b', applied: 0, seen: 5 }]);
    expect(await database.sums()).toEqual([upTo('a', 6)]);
  });

  it('is safe with several instances at once', async () => {
    const streams = ['a', 'b', 'c', 'd', 'e'];
    const instance = async (index: number): Promise<void> => {
      const inbox = database.inbox({ eventsPerTransaction: 7 + index });
      for (let first = 1; first <= 60; first += 3) {
        const order = index % 2 === 0 ? streams : [...streams].reverse();
        await inbox.receive(order.map((stream) => message(stream, first, first + 2)));
      }
    };
    await Promise.all([0, 1, 2, 3].map(instance));
    expect(await database.sums()).toEqual(streams.map((stream) => upTo(stream, 60)));
  });

  it('writes the effect and the version together or not at all', async () => {
    const sums = new Sums();
    const inbox = database.inbox({
      projection: {
        apply: async (client, stream, events) => {
          await sums.apply(client, stream, events);
          if (stream === 'b') await client.query('select pg_terminate_backend(pg_backend_pid())');
        },
      },
    });
    const fault = await inbox.receive([message('a', 1, 3), message('b', 1, 3)]).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Error);
    expect(fault).not.toBeInstanceOf(Poison);
    expect(await database.sums()).toEqual([]);
    expect(await inbox.versions(['a', 'b'])).toEqual(new Map(Object.entries({ a: 0, b: 0 })));
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'its own refusal',
      () => new Poison('a posting without an account', { stream: 'a', version: 2 }),
      /^a@2: a posting without an account$/,
    ],
    [
      'a bug',
      () => new TypeError('undefined is not a function'),
      /^a@1: The read model cannot apply events 1 to 3: undefined is not a function$/,
    ],
    ['an unknown type', () => new Error('Event a@1 is of an unknown type Moved.'), /unknown type Moved/],
  ])('calls poison what a projection can never apply: %s', async (_name, error, reason) => {
    const inbox = database.inbox({ projection: { apply: () => Promise.reject(error()) } });
    const poison = await inbox.receive([message('a', 1, 3)]).catch((caught: unknown) => caught);
    expect(poison).toBeInstanceOf(Poison);
    expect((poison as Poison).message).toMatch(reason);
  });

  it('calls poison what the tables refuse', async () => {
    const inbox = database.inbox({
      projection: { apply: async (client) => void (await client.query(`insert into reader.sums values ('a', 'x', 1, '')`)) },
    });
    await expect(inbox.receive([message('a', 1, 3)])).rejects.toThrow(Poison);
  });

  it('keeps consumers apart, and a feed token for each', async () => {
    const inbox = database.inbox();
    await inbox.receive([message('a', 1, 3)]);
    expect(await inbox.token()).toBeNull();
    await inbox.storeToken('17');
    await inbox.storeToken('18');
    expect(await inbox.token()).toBe('18');
    const rebuilt = database.inbox({ consumer: 'sums-rebuilt', projection: { apply: async () => {} } });
    expect(await rebuilt.versions(['a'])).toEqual(new Map([['a', 0]]));
    expect(await rebuilt.token()).toBeNull();
  });
});
