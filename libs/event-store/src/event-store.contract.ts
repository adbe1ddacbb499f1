/// <reference types="jest" />
import { randomBytes, randomUUID } from 'node:crypto';
import { type AppendLimits, AppendRefused, MAX_FEED_APPENDS, MAX_PAGE_EVENTS } from './bounds.js';
import type { EventStore, FeedAppend, FeedToken, StoredEvent } from './event-store.js';

export interface StoreUnderTest {
  /** Empty, and nobody else's. */
  readonly store: EventStore;
  close(): Promise<void>;
}

/** What every event store must hold to. Call it in the adapter's own spec. */
export function describeEventStore(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an event store`, () => {
    let store: EventStore;
    let close: () => Promise<void>;

    beforeAll(async () => {
      ({ store, close } = await makeStore());
    });
    afterAll(() => close?.());

    describe('append', () => {
      test('versions start at 1 and go on without a gap', async () => {
        const stream = newStream();
        expect(await store.version(stream)).toBe(0);
        expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'appended', version: 2 });
        expect(await store.append(stream, 2, ['c'])).toEqual({ status: 'appended', version: 3 });
        expect(await store.version(stream)).toBe(3);
        expect(await store.read(stream, 0, 10)).toEqual(numbered(['a', 'b', 'c']));
      });

      test.each([
        ['no stream, another version expected', [], 1],
        ['a stream, none expected', ['a', 'b'], 0],
        ['a version that is past', ['a', 'b'], 1],
        ['a version that is not yet', ['a', 'b'], 3],
      ])('%s: a conflict that says the actual version and writes nothing', async (_, before, expected) => {
        const stream = newStream();
        if (before.length > 0) await store.append(stream, 0, before);
        const end = await endOfFeed(store);
        expect(await store.append(stream, expected, ['x', 'y'])).toEqual({ status: 'conflict', actual: before.length });
        expect(await store.read(stream, 0, 10)).toEqual(numbered(before));
        expect((await store.readAll(end, 10)).appends).toEqual([]);
      });

      test('64 appends at once with the same expected version: exactly one wins, again and again', async () => {
        const stream = newStream();
        const winners: string[] = [];
        for (let version = 0; version < 15; version += 3) {
          const offers = range(64).map((n) => range(3).map((event) => `${version}/${n}/${event}`));
          const results = await Promise.all(offers.map((events) => store.append(stream, version, events)));
          const won = offers.filter((_offer, n) => results[n]!.status === 'appended');
          expect(won).toHaveLength(1);
          winners.push(...won[0]!);
          for (const result of results)
            expect(result).toEqual(
              result.status === 'appended' ? { status: 'appended', version: version + 3 } : { status: 'conflict', actual: version + 3 },
            );
        }
        expect(await store.read(stream, 0, 100)).toEqual(numbered(winners));
      });

      test('the same again at the same version: it is there once, whatever is answered', async () => {
        const [end, stream] = [await endOfFeed(store), newStream()];
        await store.append(stream, 0, ['a', 'b']);
        await store.append(stream, 2, ['c']);
        expect([
          { status: 'appended', version: 2 },
          { status: 'conflict', actual: 3 },
        ]).toContainEqual(await store.append(stream, 0, ['a', 'b']));
        expect(await store.read(stream, 0, 10)).toEqual(numbered(['a', 'b', 'c']));
        expect((await store.readAll(end, 10)).appends.map(({ events }) => events)).toEqual([['a', 'b'], ['c']]);
      });

      test('what begins like the events that are there, and goes on otherwise, is a conflict', async () => {
        const stream = newStream();
        await store.append(stream, 0, ['a', 'b']);
        expect(await store.append(stream, 0, ['a', 'x'])).toEqual({ status: 'conflict', actual: 2 });
        expect(await store.append(stream, 0, ['a', 'b', 'c'])).toEqual({ status: 'conflict', actual: 2 });
        expect(await store.append(stream, 1, ['a'])).toEqual({ status: 'conflict', actual: 2 });
        expect(await store.read(stream, 0, 10)).toEqual(numbered(['a', 'b']));
      });

      test('16 writers at one stream, each trying again after a conflict: every event once, each in its order', async () => {
        const stream = newStream();
        const write = async (writer: number): Promise<void> => {
          let version = 0;
          for (let event = 0; event < 8;) {
            const result = await store.append(stream, version, [`${writer}/${event}`]);
            if (result.status === 'appended') event += 1;
            version = result.status === 'appended' ? result.version : result.actual;
          }
        };
        await Promise.all(range(16).map(write));
        const events = await store.read(stream, 0, 1000);
        expect(events.map(({ version }) => version)).toEqual(range(16 * 8).map((n) => n + 1));
        for (const writer of range(16))
          expect(events.map(({ text }) => text).filter((text) => text.startsWith(`${writer}/`))).toEqual(
            range(8).map((event) => `${writer}/${event}`),
          );
      });

      test.each<[string, (n: number) => boolean]>([
        ['the first', (n) => n === 0],
        ['the last', (n) => n === 63],
        ['every other', (n) => n % 2 === 0],
        ['all but one', (n) => n !== 40],
        ['none', () => false],
      ])('64 streams at once, of which %s conflicts: no concern of the others, and the feed is exact', async (_, conflicts) => {
        const end = await endOfFeed(store);
        const id = newStream();
        const streams = range(64).map((n) => `${id}-${String(n).padStart(2, '0')}`);
        const events = (n: number): string[] => range((n % 3) + 1).map((event) => `${n}/${event}`);
        const results = await Promise.all(streams.map((stream, n) => store.append(stream, conflicts(n) ? 1 : 0, events(n))));
        for (const [n, stream] of streams.entries()) {
          expect(results[n]).toEqual(conflicts(n) ? { status: 'conflict', actual: 0 } : { status: 'appended', version: (n % 3) + 1 });
          expect(await store.read(stream, 0, 10)).toEqual(numbered(conflicts(n) ? [] : events(n)));
        }
        const { appends } = await store.readAll(end, 100);
        const fed = new Map(appends.map(({ stream, first, events: texts }) => [stream, { first, texts }]));
        expect(fed).toEqual(new Map(streams.flatMap((stream, n) => (conflicts(n) ? [] : [[stream, { first: 1, texts: events(n) }]]))));
        expect(appends).toHaveLength(fed.size);
      });

      test.each<[string, string | undefined, number, readonly string[] | ((most: AppendLimits) => string[]), RegExp]>([
        ['no events', undefined, 0, [], /at least one event/],
        ['too many events', undefined, 0, ({ events }) => range(events + 1).map(String), /at most \d+ events/],
        ['too many bytes', undefined, 0, ({ bytes }) => ['é'.repeat(bytes / 2), 'x'], /at most \d+ bytes/],
        ['U+0000', undefined, 0, ['fine', 'a\0b'], /Event 1 .*U\+0000/],
        ['half a surrogate pair', undefined, 0, ['\ud83d'], /Event 0 .*surrogate/],
        ['a negative version', undefined, -1, ['a'], /-1/],
        ['half a version', undefined, 0.5, ['a'], /0\.5/],
        ['a stream without a name', '', 0, ['a'], /name of a stream/],
        ['a stream with a space', 'journal one', 0, ['a'], /journal one/],
      ])('%s: refused before anything is written', async (_, name, expected, given, why) => {
        const stream = name ?? newStream();
        const end = await endOfFeed(store);
        const attempt = store.append(stream, expected, typeof given === 'function' ? given(store.limits) : given);
        await expect(attempt).rejects.toThrow(why);
        await expect(attempt).rejects.toBeInstanceOf(AppendRefused);
        expect((await store.readAll(end, 10)).appends).toEqual([]);
        expect(await store.version(stream)).toBe(0);
      });

      test('the most events and the most bytes are still accepted', async () => {
        const { events, bytes } = store.limits;
        const each = Math.floor(bytes / events);
        const [many, large, full] = [newStream(), newStream(), newStream()];
        const most = range(events).map(String);
        const fullest = most.map((text) => text.padEnd(each, '.'));
        expect(await store.append(many, 0, most)).toEqual({ status: 'appended', version: events });
        expect(await store.append(large, 0, ['é'.repeat(bytes / 2)])).toEqual({ status: 'appended', version: 1 });
        expect(await store.append(full, 0, fullest)).toEqual({ status: 'appended', version: events });
        expect((await allOf(store, many)).map(({ text }) => text)).toEqual(most);
        expect((await store.read(large, 0, 1))[0]!.text).toBe('é'.repeat(bytes / 2));
        expect((await allOf(store, full)).map(({ text }) => text)).toEqual(fullest);
      });

      test('takes what every store must', () => {
        expect(store.limits.events).toBeGreaterThanOrEqual(4096);
        expect(store.limits.bytes).toBeGreaterThanOrEqual(832 * 1024);
      });
    });

    describe('exact bytes', () => {
      test.each([
        ['nothing', ''],
        ['blanks and line ends', ' \t a \r\n b \n '],
        ['quotes, braces, commas, backslashes', '{"a":"\\"b\\\\\\n","c":[{},[]]},NULL,"\\u0000"'],
        ['the word NULL', 'NULL'],
        ['U+2028 and U+2029', 'a\u2028b\u2029c'],
        ['control characters', '\u0001\u001b\u007f\u0085'],
        ['a byte order mark', '\ufeffa'],
        ['composed and decomposed', '\u00e9 e\u0301'],
        ['right to left', 'ميزان \u202e123\u202c'],
        ['beyond the basic plane', '𝄞 👩‍👩‍👧 \u{10ffff}'],
        ['noncharacters', '\ufffe\uffff'],
        ['JSON that a database would tidy', '{"b":1.0,  "a":1e2,"a":0.10,"big":12345678901234567890}'],
      ])('%s', async (_, text) => {
        const stream = newStream();
        const end = await endOfFeed(store);
        await store.append(stream, 0, ['before', text, 'after']);
        const stored = await store.read(stream, 0, 10);
        expect(stored.map((event) => Buffer.from(event.text).toString('hex'))).toEqual(
          ['before', text, 'after'].map((each) => Buffer.from(each).toString('hex')),
        );
        expect(await store.readBackwards(stream, 3, 1)).toEqual([{ version: 2, text }]);
        expect((await store.readAll(end, 10)).appends.map(({ events }) => events)).toEqual([['before', text, 'after']]);
      });

      test('large and random texts', async () => {
        const stream = newStream();
        const texts = [...range(200).map(randomText), 'x'.repeat(400 * 1024), randomBytes(200 * 1024).toString('base64')];
        await store.append(stream, 0, texts);
        expect((await allOf(store, stream)).map(({ text }) => text)).toEqual(texts);
      });
    });

    describe('a stream', () => {
      const texts = range(10).map(String);
      let stream: string;
      beforeAll(async () => {
        stream = newStream();
        await store.append(stream, 0, texts.slice(0, 4));
        await store.append(stream, 4, texts.slice(4));
      });

      test('is read forwards from any version, within a limit', async () => {
        expect(await store.read(stream, 0, 3)).toEqual(numbered(texts).slice(0, 3));
        expect(await store.read(stream, 3, 3)).toEqual(numbered(texts).slice(3, 6));
        expect(await store.read(stream, 8, 100)).toEqual(numbered(texts).slice(8));
        expect(await store.read(stream, 10, 100)).toEqual([]);
        expect(await store.read(stream, 11, 100)).toEqual([]);
        expect(await store.read(newStream(), 0, 100)).toEqual([]);
      });

      test('is read backwards from any version, within a limit', async () => {
        expect(await store.readBackwards(stream, Infinity, 2)).toEqual(numbered(texts).toReversed().slice(0, 2));
        expect(await store.readBackwards(stream, 11, 3)).toEqual(numbered(texts).toReversed().slice(0, 3));
        expect(await store.readBackwards(stream, 4, 100)).toEqual(numbered(texts).slice(0, 3).toReversed());
        expect(await store.readBackwards(stream, 1, 100)).toEqual([]);
        expect(await store.readBackwards(newStream(), Infinity, 100)).toEqual([]);
      });

      test.each([0, -1, 1.5, Number.NaN])('a limit of %p is an error', async (limit) => {
        await expect(store.read(stream, 0, limit)).rejects.toThrow(RangeError);
        await expect(store.readBackwards(stream, 5, limit)).rejects.toThrow(RangeError);
        await expect(store.readAll(null, limit)).rejects.toThrow(RangeError);
        await expect(store.heads(null, limit)).rejects.toThrow(RangeError);
      });

      test('a page ends at about 1 MiB, and holds at least one event', async () => {
        const big = newStream();
        const end = await endOfFeed(store);
        const large = range(3).map((n) => String(n).repeat(store.limits.bytes));
        for (const [version, text] of large.entries()) await store.append(big, version, [text]);
        expect(await store.read(big, 0, 10)).toEqual(numbered(large).slice(0, 1));
        expect(await store.readBackwards(big, Infinity, 10)).toEqual(numbered(large).slice(2));
        expect((await store.readAll(end, 10)).appends.map(({ events }) => events)).toEqual([[large[0]]]);
        expect(await allOf(store, big)).toEqual(numbered(large));
      });
    });

    describe('the feed', () => {
      test('of an empty store is empty', async () => {
        const fresh = await makeStore();
        try {
          expect(await fresh.store.readAll(null, 10)).toEqual({ appends: [], next: null });
          expect(await fresh.store.heads(null, 10)).toEqual({ heads: [], next: null, full: false });
        } finally {
          await fresh.close();
        }
      });

      test('gives whole appends in order, and goes on from every token', async () => {
        const end = await endOfFeed(store);
        const [one, two] = [newStream(), newStream()];
        await store.append(one, 0, ['a', 'b']);
        await store.append(two, 0, ['c']);
        await store.append(two, 0, ['a conflict']);
        await store.append(one, 2, ['d', 'e', 'f']);
        const { appends, next } = await store.readAll(end, 10);
        expect(appends.map(({ stream, first, events }) => ({ stream, first, events }))).toEqual([
          { stream: one, first: 1, events: ['a', 'b'] },
          { stream: two, first: 1, events: ['c'] },
          { stream: one, first: 3, events: ['d', 'e', 'f'] },
        ]);
        expect(next).toBe(appends[2]!.token);
        expect(await store.readAll(end, 2)).toEqual({ appends: appends.slice(0, 2), next: appends[1]!.token });
        for (const [index, { token }] of appends.entries())
          expect((await store.readAll(token, 10)).appends).toEqual(appends.slice(index + 1));
        expect(await store.readAll(next, 10)).toEqual({ appends: [], next });
      });

      test('gives the largest append whole, and goes on behind it', async () => {
        const [end, large, small] = [await endOfFeed(store), newStream(), newStream()];
        const texts = range(store.limits.events).map((n) => String(n).padEnd(100, '.'));
        await store.append(large, 0, texts);
        await store.append(small, 0, ['a']);
        const first = await store.readAll(end, 1);
        expect(first.appends).toEqual([{ token: first.next, stream: large, first: 1, events: texts }]);
        expect((await store.readAll(first.next, 10)).appends.map(({ stream }) => stream)).toEqual([small]);
      });

      test('heads name each stream of a page once, with the version it reached', async () => {
        const end = await endOfFeed(store);
        const [one, two] = [newStream(), newStream()];
        await store.append(one, 0, ['a', 'b']);
        await store.append(two, 0, ['c']);
        await store.append(one, 2, ['d']);
        const { appends } = await store.readAll(end, 10);
        expect(await store.heads(end, 10)).toEqual({
          heads: [
            { stream: two, version: 1 },
            { stream: one, version: 3 },
          ],
          next: appends[2]!.token,
          full: false,
        });
        expect(await store.heads(end, 1)).toEqual({ heads: [{ stream: one, version: 2 }], next: appends[0]!.token, full: true });
        expect(await store.heads(appends[2]!.token, 10)).toEqual({ heads: [], next: appends[2]!.token, full: false });
      });

      test('heads say when more may follow, by the appends and not by the streams they name or their events', async () => {
        const end = await endOfFeed(store);
        const [one, two] = [newStream(), newStream()];
        await store.append(one, 0, ['a', 'b']);
        await store.append(one, 2, ['c']);
        await store.append(two, 0, ['d', 'e']);
        const page = await store.heads(end, 2);
        expect(page).toMatchObject({ heads: [{ stream: one, version: 3 }], full: true });
        expect(await store.heads(page.next, 2)).toMatchObject({ heads: [{ stream: two, version: 2 }], full: false });
        expect(await store.heads(end, 3)).toMatchObject({ full: true });
        expect(await store.heads(end, 4)).toMatchObject({ full: false });
      });

      test('refuses a token that it never gave', async () => {
        for (const token of ['x', '-1', '1.5', ' 1', '0']) {
          await expect(store.readAll(token as FeedToken, 10)).rejects.toThrow(RangeError);
          await expect(store.heads(token as FeedToken, 10)).rejects.toThrow(RangeError);
        }
      });

      test('read while 8 streams grow: nothing is passed over, nothing comes twice, and the order stays', async () => {
        const end = await endOfFeed(store);
        const streams = range(8).map(newStream);
        let growing = true;
        const grown = Promise.all(
          streams.map(async (stream) => {
            for (let version = 0; version < 60; version += 2) await store.append(stream, version, [`${version}`, `${version + 1}`]);
          }),
        ).finally(() => (growing = false));
        const read = async (limit: number): Promise<FeedAppend[]> => {
          const seen: FeedAppend[] = [];
          for (let token = end, more = true; more;) {
            const last = !growing;
            const page = await store.readAll(token, limit);
            seen.push(...page.appends);
            token = page.next;
            more = !last || page.appends.length > 0;
          }
          return seen;
        };
        const [one, two] = await Promise.all([read(1), read(1000), grown]);
        const settled = await read(1000);
        expect(settled).toHaveLength(8 * 30);
        expect(one).toEqual(settled);
        expect(two).toEqual(settled);
        for (const stream of streams)
          expect(settled.filter((append) => append.stream === stream).flatMap(({ events }) => events)).toEqual(range(60).map(String));
      });
    });

    describe('a subscription', () => {
      test('gives what was there, then what comes, and goes on from any of its pages', async () => {
        const end = await endOfFeed(store);
        const stream = newStream();
        for (const version of range(5)) await store.append(stream, version, [`${version}`]);
        const live = collect(store, end, 25);
        for (const version of range(20)) await store.append(stream, version + 5, [`${version + 5}`]);
        const pages = await live;
        const appends = pages.flatMap((page) => page.appends);
        expect(appends).toEqual((await store.readAll(end, MAX_FEED_APPENDS)).appends);
        for (const { appends: page, next } of pages) {
          expect(page.length).toBeGreaterThan(0);
          expect(next).toBe(page.at(-1)!.token);
        }
        const resumed = await collect(store, appends[9]!.token, 15);
        expect(resumed.flatMap((page) => page.appends)).toEqual(appends.slice(10));
      });

      test('many see the same', async () => {
        const end = await endOfFeed(store);
        const all = range(5).map(() => collect(store, end, 40));
        await Promise.all(range(40).map(() => store.append(newStream(), 0, ['a'])));
        const [first, ...others] = (await Promise.all(all)).map((pages) => pages.flatMap((page) => page.appends));
        for (const other of others) expect(other).toEqual(first);
      });

      test('ends without an error when its signal aborts, also while it waits', async () => {
        const end = await endOfFeed(store);
        const stopping = new AbortController();
        const waiting = (async () => {
          for await (const page of store.subscribe(end, stopping.signal)) throw new Error(`a page out of nowhere: ${JSON.stringify(page)}`);
        })();
        await store.readAll(end, 1);
        stopping.abort();
        await waiting;
        for await (const _page of store.subscribe(null, stopping.signal)) throw new Error('a page after the end');
      });
    });
  });
}

const newStream = (): string => `journal-${randomUUID()}`;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const numbered = (texts: readonly string[]): StoredEvent[] => texts.map((text, index) => ({ version: index + 1, text }));

function randomText(): string {
  const codePoints = [...randomBytes(160).toString('latin1')].map((byte) => byte.charCodeAt(0) ** 2 * 17);
  return String.fromCodePoint(...codePoints.map((point) => (point === 0 || (point >= 0xd800 && point < 0xe000) ? 0x41 : point)));
}

/** How far each store's feed was walked: the whole of it once, and not for each test. */
const walked = new WeakMap<EventStore, FeedToken>();

async function endOfFeed(store: EventStore): Promise<FeedToken | null> {
  for (let token = walked.get(store) ?? null; ;) {
    const { heads, next } = await store.heads(token, MAX_FEED_APPENDS);
    token = next;
    if (token !== null) walked.set(store, token);
    if (heads.length === 0) return token;
  }
}

async function allOf(store: EventStore, stream: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await store.read(stream, events.length, MAX_PAGE_EVENTS);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** Pages of a subscription until they hold `count` appends. */
async function collect(
  store: EventStore,
  after: FeedToken | null,
  count: number,
): Promise<{ appends: readonly FeedAppend[]; next: FeedToken | null }[]> {
  const stopping = new AbortController();
  const pages = [];
  let appends = 0;
  for await (const page of store.subscribe(after, stopping.signal)) {
    pages.push(page);
    appends += page.appends.length;
    if (appends >= count) stopping.abort();
  }
  return pages;
}
