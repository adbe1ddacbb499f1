import { type EntryBody, type HoldBody, instantText } from '@mizan/contracts';
import { type HoldStatus, type LedgerEvent, type Metadata, type Side, holdStatuses } from '@mizan/ledger';
import { testDatabase, testTokens } from '@mizan/testing';
import * as fc from 'fast-check';
import { Books } from './tables/books.js';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { accountsOf, entriesOf, holdsOf, randomHistory } from './history.fixture.js';
import type { Order } from './tables/search.js';
import { JournalServer, type ServiceUnderTest, eventually, startService } from './service.fixture.js';

// Lists of entries and holds against plain loops over the journal: what is asked is random, and much of it is in the lists.

const histories = Array.from({ length: 12 }, (_, n) => ({
  ledger: `history-${n}`,
  events: randomHistory(100 + n, 260, 'acme', `history-${n}`).events,
}));

let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;

beforeAll(async () => {
  const tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
  for (const { ledger, events } of histories) await journal.append(`u-${ledger}`, events);
  service = await startService(database.url, journal, tokens);
  await eventually(
    () => service.ask('/health/ready'),
    ({ body }) => body.checks.journal.state === 'following' && body.checks.journal.lag === 0,
  );
}, 120_000);
afterAll(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

interface Asked {
  readonly account?: string | undefined;
  readonly side?: Side | undefined;
  readonly status?: HoldStatus | undefined;
  readonly reference?: string | undefined;
  readonly metadata: Metadata;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly order?: Order | undefined;
}

const within = (moment: number, { from = -Infinity, to = Infinity }: Asked): boolean => moment >= from && moment < to;
const worded = (texts: { reference: string | null; metadata: Metadata }, { reference, metadata }: Asked): boolean =>
  (reference === undefined || texts.reference === reference) &&
  Object.entries(metadata).every(([key, value]) => Object.hasOwn(texts.metadata, key) && texts.metadata[key] === value);
const inOrder = <T>(items: T[], { order }: Asked): T[] => (order === 'oldest' ? items : items.reverse());

/** The four totals of every account after each entry, by adding up. */
function totalsAt(events: readonly LedgerEvent[], position: number, account: string): EntryBody['postings'][number]['balances'] {
  const { debitsPosted, debitsHeld, creditsPosted, creditsHeld } = accountsOf(events.slice(0, position)).get(account)!;
  return {
    debits: { posted: String(debitsPosted), held: String(debitsHeld) },
    credits: { posted: String(creditsPosted), held: String(creditsHeld) },
  };
}

/** Every entry of a history as it should be shown, the oldest first. */
function shownEntries(ledger: string, events: readonly LedgerEvent[]): EntryBody[] {
  const entries = entriesOf(events);
  return entries.map((event) => {
    const { command, position, postings, texts } = event;
    const standing = command.op === 'capture' ? holdsOf(events.slice(0, position)).get(command.hold)! : null;
    return {
      id: command.id,
      ledger,
      position,
      recordedAt: instantText(event.recordedAt),
      effectiveAt: instantText(event.effectiveAt),
      postings: postings.map(({ account, side, amount }) => ({
        account,
        side,
        amount: String(amount),
        asset: accountsOf(events.slice(0, position)).get(account)!.asset,
        balances: totalsAt(events, position, account),
      })),
      reference: texts?.reference ?? null,
      metadata: texts?.metadata ?? {},
      reverses: command.op === 'reverse' ? command.entry : null,
      hold: standing && { id: standing.id, remaining: String(standing.remaining), status: standing.status as HoldStatus },
      reversedBy: entries.flatMap((other) =>
        other.command.op === 'reverse' && other.command.entry === command.id ? [other.command.id] : [],
      ),
    };
  });
}

const shownHolds = (ledger: string, events: readonly LedgerEvent[]): HoldBody[] =>
  [...holdsOf(events).values()].map(({ texts, placedAt, expiresAt, ...hold }) => ({
    id: hold.id,
    ledger,
    debit: hold.debit,
    credit: hold.credit,
    asset: accountsOf(events).get(hold.debit)!.asset,
    amount: String(hold.amount),
    captured: String(hold.captured),
    released: String(hold.released),
    remaining: String(hold.remaining),
    status: hold.status as HoldStatus,
    expiresAt: expiresAt === null ? null : instantText(expiresAt),
    recordedAt: instantText(placedAt),
    reference: texts.reference,
    metadata: texts.metadata,
    position: hold.position,
  }));

const known = histories.map(({ ledger, events }) => {
  const entries = shownEntries(ledger, events);
  const holds = shownHolds(ledger, events);
  return { ledger, events, entries, holds, accounts: [...accountsOf(events).keys()] };
});
type Known = (typeof known)[number];

const expectedEntries = ({ entries }: Known, asked: Asked): EntryBody[] =>
  inOrder(
    entries.filter(
      (entry) =>
        (asked.account === undefined ||
          entry.postings.some(({ account, side }) => account === asked.account && (asked.side === undefined || side === asked.side))) &&
        worded(entry, asked) &&
        within(Date.parse(entry.effectiveAt), asked),
    ),
    asked,
  );

const expectedHolds = ({ holds }: Known, asked: Asked): HoldBody[] =>
  inOrder(
    holds.filter(
      (one) =>
        (asked.account === undefined || one.debit === asked.account || one.credit === asked.account) &&
        (asked.status === undefined || one.status === asked.status) &&
        worded(one, asked) &&
        within(Date.parse(one.recordedAt), asked),
    ),
    asked,
  );

/** A history and a filter that may well find something in it; moments are often those of an entry, where inclusive and exclusive differ. */
const question = fc.constantFrom(...known).chain((history) => {
  const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight, arbitrary }, { weight: 2, arbitrary: fc.constant(undefined) });
  const moments = [...history.entries.map(({ effectiveAt }) => effectiveAt), ...history.holds.map(({ recordedAt }) => recordedAt)];
  const moment = fc.tuple(fc.constantFrom(...moments), fc.constantFrom(0, 0, 1, 3_600_000)).map(([at, later]) => Date.parse(at) + later);
  const words = fc.record(
    { kind: fc.constantFrom('invoice', 'rent', 'fee'), 'branch.no': fc.constantFrom('0', '1', '2') },
    { requiredKeys: [] },
  );
  return fc
    .record({
      history: fc.constant(history),
      account: maybe(fc.constantFrom(...history.accounts), 2),
      side: maybe(fc.constantFrom<Side>('debit', 'credit')),
      status: maybe(fc.constantFrom(...holdStatuses)),
      reference: maybe(fc.integer({ min: 0, max: 8 }).map((n) => `invoice ${n}`)),
      metadata: fc.oneof<fc.MaybeWeightedArbitrary<Metadata>[]>(
        { weight: 4, arbitrary: fc.constant({}) },
        { weight: 4, arbitrary: words as fc.Arbitrary<Metadata> },
        { weight: 1, arbitrary: fc.constant({ nothing: '' }) },
      ),
      ends: fc.tuple(maybe(moment), maybe(moment)),
      order: maybe(fc.constantFrom<Order>('newest', 'oldest')),
      limit: fc.constantFrom(1, 2, 3, 7, 100, 1000),
      mostLookedAt: fc.constantFrom(1, 2, 5, 30, 10_000),
    })
    .map(({ ends: [one, other], side, ...asked }) => {
      const turned = one !== undefined && other !== undefined && one > other;
      const [from, to] = turned ? [other, one] : [one, other];
      return { ...asked, side: asked.account === undefined ? undefined : side, from, to };
    });
});

const parameters = (asked: Readonly<Record<string, string | number | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));

/** All pages of a list over HTTP. */
async function listed<T>(path: string, { metadata, from, to, ...plain }: Asked & { limit: number }): Promise<T[]> {
  const words = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value]));
  const moments = { from: from === undefined ? from : instantText(from), to: to === undefined ? to : instantText(to) };
  const items: T[] = [];
  for (let cursor: string | undefined; ;) {
    const query = new URLSearchParams(parameters({ ...plain, ...moments, ...words, cursor }));
    const { status, body } = await service.ask(`${path}?${query}`);
    expect([status, body.items?.length <= plain.limit]).toEqual([200, true]);
    items.push(...body.items);
    if (body.next === null) return items;
    cursor = body.next;
  }
}

const RUNS = 200;

it('the histories hold what is looked for', () => {
  const all = known.flatMap(({ entries }) => entries);
  expect(all.filter(({ reverses }) => reverses).length).toBeGreaterThan(50);
  expect(all.filter(({ reversedBy }) => reversedBy.length > 1).length).toBeGreaterThan(2);
  expect(all.filter(({ hold: of }) => of?.status === 'placed').length).toBeGreaterThan(10);
  expect(new Set(known.flatMap(({ holds }) => holds.map(({ status }) => status))).size).toBe(4);
  expect(all.some(({ effectiveAt }, n) => n > 0 && all[n - 1]!.effectiveAt > effectiveAt)).toBe(true);
});

it('entries are found as by looking at all of them, on pages of any length', async () => {
  const found = { any: 0, ofAccount: 0 };
  await fc.assert(
    fc.asyncProperty(question, async ({ history, mostLookedAt: _1, status: _2, ...asked }) => {
      const expected = expectedEntries(history, asked);
      if (expected.length > 0) found.any += 1;
      if (expected.length > 0 && asked.account !== undefined) found.ofAccount += 1;
      expect(await listed(`/v1/ledgers/${history.ledger}/transfers`, asked)).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
  expect([found.any > RUNS / 8, found.ofAccount > RUNS / 40]).toEqual([true, true]);
}, 120_000);

it('holds are found as by looking at all of them, on pages of any length', async () => {
  const found = { any: 0, ofAccount: 0 };
  await fc.assert(
    fc.asyncProperty(question, async ({ history, mostLookedAt: _1, side: _2, ...asked }) => {
      const expected = expectedHolds(history, asked);
      if (expected.length > 0) found.any += 1;
      if (expected.length > 0 && asked.account !== undefined) found.ofAccount += 1;
      expect(await listed(`/v1/ledgers/${history.ledger}/holds`, asked)).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
  expect([found.any > RUNS / 8, found.ofAccount > RUNS / 40]).toEqual([true, true]);
}, 120_000);

it('a page that may look at few finds less, and the next pages the rest', async () => {
  const books = new Books(database.pool);
  await fc.assert(
    fc.asyncProperty(question, async ({ history, limit, order = 'newest', mostLookedAt, ...asked }) => {
      const { ledger: book, close } = await books.open({ tenant: 'acme', ledger: history.ledger }, null);
      try {
        const { account, side = null, status = null, reference = null, from = null, to = null, metadata } = asked;
        const filter = { reference, metadata, from, to };
        const number = account === undefined ? null : (await book.account(account))!.openedPosition;
        const entries: EntryBody[] = [];
        const holds: HoldBody[] = [];
        for (let after: number | null = null; ;) {
          const page = await book.entries({ ...filter, account: number, side }, { order, after, limit }, mostLookedAt);
          entries.push(...page.items);
          if (page.next === null) break;
          after = page.next;
        }
        for (let after: number | null = null; ;) {
          const page = await book.holds({ ...filter, account: account ?? null, status }, { order, after, limit }, mostLookedAt);
          holds.push(...page.items);
          if (page.next === null) break;
          after = page.next;
        }
        expect(entries).toEqual(expectedEntries(history, { ...asked, order }));
        expect(holds).toEqual(expectedHolds(history, { ...asked, order }));
      } finally {
        await close();
      }
    }),
    { numRuns: RUNS },
  );
}, 120_000);
