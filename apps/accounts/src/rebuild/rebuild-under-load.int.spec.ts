import { setTimeout as pause } from 'node:timers/promises';
import { topicOf } from '@mizan/contracts';
import type { LedgerEvent } from '@mizan/ledger';
import { HttpFeed, TopicRelay } from '@mizan/messaging';
import { type OwnKafka, ownKafka, testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from '../books.fixture.js';
import { accountsOf, holdsOf, linesOf, randomHistory } from '../history.fixture.js';
import { rebuild } from './rebuild.js';
import {
  type Answer,
  JournalServer,
  type ServiceUnderTest,
  type Tokens,
  eventually,
  placeInMemory,
  startService,
} from '../service.fixture.js';

const { events } = randomHistory(7, 9_000, 'acme', 'main');
/** What there is before anybody reads. */
const FIRST = cut(1_500);

/** The first place at or behind this one where no group is cut. */
function cut(position: number): number {
  while (position < events.length && events[position]!.group !== null && events[position]!.group!.first < events[position]!.position)
    position++;
  return position;
}

let tokens: Tokens;
let kafka: OwnKafka;
beforeAll(async () => {
  [tokens, kafka] = await Promise.all([testTokens(), ownKafka()]);
}, 180_000);
afterAll(() => kafka.stop(), 60_000);

let database: BooksDatabase;
let journal: JournalServer;
let relay: TopicRelay;
let service: ServiceUnderTest;

it.each(['feed', 'kafka'] as const)(
  'over %s: who reads while the books are made again and switched, under load, is never refused and never told wrong',
  async (bus) => {
    database = await booksDatabase(await testDatabase());
    journal = await new JournalServer(tokens).start();
    await journal.append('u-main', events.slice(0, FIRST));
    relay = new TopicRelay({
      topic: topicOf('transfers'),
      store: journal.store,
      texts: journal.texts,
      tokens: placeInMemory(),
      brokers: kafka.brokers,
    });
    if (bus === 'kafka') relay.start();
    service = await startService(database.url, journal, tokens, bus === 'kafka' ? kafka.brokers : null);
    try {
      await eventually(
        () => service.ask(`/v1/ledgers/main/accounts?minPosition=${FIRST}`),
        ({ status }) => status === 200,
        60_000,
      );
      expect(await readAndRebuild()).toEqual([]);
    } finally {
      await service.stop();
      if (bus === 'kafka') await relay.stop();
      journal.stop();
      await database.close();
    }
  },
  180_000,
);

/** @returns who was refused what. */
async function readAndRebuild(): Promise<unknown[]> {
  const account = [...accountsOf(events.slice(0, FIRST)).values()].toSorted(
    (a, b) => linesOf(events, b).length - linesOf(events, a).length,
  )[0]!;
  const posted = postedAt(account);
  const placed = events.flatMap((event) => (event.type === 'HoldPlaced' ? [event.position] : []));
  const entries = events.flatMap((event) => ('postings' in event ? [event.position] : []));
  let written = FIRST;
  let reading = true;
  const seen: Record<string, number> = {};
  const refusals: unknown[] = [];
  let backwards = false;

  /** Each reader asks at least for what was written before it asks, and never sees less than before. */
  const read = async (path: string, look: (body: Answer['body'], position: number) => void): Promise<void> => {
    for (let before = 0; reading;) {
      const least = written;
      const { status, body } = await service.ask(`/v1/ledgers/main${path}${path.includes('?') ? '&' : '?'}minPosition=${least}`);
      if (status !== 200) {
        refusals.push({ path, body });
        continue;
      }
      // Lists of entries and holds do not say it.
      const position: number = body.position ?? body.balances?.position ?? body.items?.[0]?.balances?.position ?? least;
      expect(position).toBeGreaterThanOrEqual(least);
      backwards ||= position < before;
      before = position;
      look(body, position);
      seen[path] = (seen[path] ?? 0) + 1;
    }
  };
  const readers = [
    read(`/accounts/${account.id}/balance`, ({ balances, position }) => expect(balances.posted).toBe(posted[position])),
    read(`/accounts/${account.id}/statement?limit=1000&from=2020-01-01T00:00:00Z`, ({ opening, closing, position, lines, next }) => {
      expect([opening, closing]).toEqual(['0', posted[position]]);
      expect([closing, null]).toContain(next === null ? lines.at(-1).balance : null);
    }),
    read('/trial-balance', ({ accounts, totals, position }) => {
      const { debits = '0', credits = '0' } = accounts.find((one: { account: string }) => one.account === account.id) ?? {};
      const net = BigInt(credits) - BigInt(debits);
      expect([net, -net]).toContain(BigInt(posted[position]!));
      for (const total of totals) expect(total.debits).toBe(total.credits);
    }),
    read('/transfers?limit=5', ({ items }, least) => {
      const newest = items[0].position as number;
      expect(newest).toBeGreaterThanOrEqual(entries.findLast((position) => position <= least)!);
      expect(items.map((item: { position: number }) => item.position)).toEqual(
        entries
          .filter((position) => position <= newest)
          .slice(-5)
          .toReversed(),
      );
    }),
    read('/holds?limit=3', ({ items }, least) => {
      const newest = items[0].position as number;
      expect(newest).toBeGreaterThanOrEqual(placed.findLast((position) => position <= least)!);
    }),
    read('/accounts?limit=1000', ({ items }, position) => {
      const expected = accountsOf(events.slice(0, position));
      expect(items.length).toBe(expected.size);
      for (const { id, balances } of items) expect(balances.posted).toBe(postedOf(expected.get(id)!));
    }),
  ];
  const writer = (async () => {
    while (reading && written < events.length) {
      const end = cut(Math.min(events.length, written + 10));
      await journal.append('u-main', events.slice(written, end));
      written = end;
      await pause(20);
    }
  })();
  const rounds: number[] = [];
  try {
    while (written < events.length || rounds.length < 3) {
      const began = written;
      const { switched, differences } = await rebuild({
        adminUrl: database.adminUrl,
        url: database.url,
        consumer: 'accounts',
        feed: new HttpFeed({ urls: [journal.url], token: async () => 'a token' }),
        althoughDifferent: false,
        step: () => {},
        signal: new AbortController().signal,
      });
      expect([switched, differences]).toEqual([true, []]);
      rounds.push(written - began);
    }
  } finally {
    reading = false;
    await Promise.allSettled([...readers, writer]);
  }
  await Promise.all([...readers, writer]);
  expect(backwards).toBe(false);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  expect(Object.keys(seen)).toHaveLength(readers.length);
  // Writing went on while they were made.
  expect(rounds.filter((moved) => moved > 0).length).toBeGreaterThan(1);

  // In the end the books are those that one reading of the whole journal leaves.
  await eventually(
    () => service.ask(`/v1/ledgers/main/accounts?minPosition=${events.length}`),
    ({ status }) => status === 200,
  );
  const { items } = (await service.ask('/v1/ledgers/main/holds?limit=1000&order=oldest')).body;
  expect(items.map(({ id, status }: Record<string, string>) => [id, status])).toEqual(
    [...holdsOf(events).values()].slice(0, items.length).map(({ id, status }) => [id, status]),
  );
  return refusals;
}

const postedOf = ({ type, debitsPosted, creditsPosted }: { type: string; debitsPosted: bigint; creditsPosted: bigint }): string =>
  String(type === 'asset' || type === 'expense' ? debitsPosted - creditsPosted : creditsPosted - debitsPosted);

/** The posted balance of an account after each position. */
function postedAt({ id, type }: ReturnType<typeof accountsOf> extends Map<string, infer A> ? A : never): readonly string[] {
  const grows = type === 'asset' || type === 'expense' ? 'debit' : 'credit';
  let balance = 0n;
  const after = (event: LedgerEvent): string => {
    if ('postings' in event)
      for (const { account, side, amount } of event.postings) if (account === id) balance += side === grows ? amount : -amount;
    return String(balance);
  };
  return ['0', ...events.map(after)];
}
