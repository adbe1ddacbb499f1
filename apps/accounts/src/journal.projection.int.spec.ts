import { type FedEvent, type StreamMessage, journalStream } from '@mizan/contracts';
import type { Account } from '@mizan/ledger';
import { Inbox } from '@mizan/messaging';
import { testDatabase } from '@mizan/testing';
import { type BooksDatabase, booksDatabase, emptyBooks } from './books.fixture.js';
import { type Chance, type PlainHold, accountsOf, chance, entriesOf, fed, holdsOf, linesOf, randomHistory } from './history.fixture.js';
import { JournalProjection } from './journal.projection.js';

let database: BooksDatabase;
let inbox: Inbox;

beforeAll(async () => {
  database = await booksDatabase(await testDatabase());
  const projection = new JournalProjection();
  inbox = new Inbox({ pool: database.pool, schema: 'accounts', consumer: 'accounts', projection, eventsPerTransaction: 50 });
}, 120_000);
beforeEach(async () => {
  await database.pool.query(emptyBooks);
});
afterAll(() => database.close());

/** The journal in messages of any length, some of them twice, some of them overlapping what was sent before. */
function* messages(stream: string, events: readonly FedEvent[], at: Chance): Generator<StreamMessage> {
  for (let start = 0; start < events.length;) {
    const end = Math.min(events.length, start + 1 + at(40));
    const again = Math.max(0, start - at(30));
    yield { stream, events: events.slice(at(4) ? start : again, end) };
    if (at(5) === 0) yield { stream, events: events.slice(again, end) };
    start = end;
  }
}

async function receiveAll(uid: string, events: readonly FedEvent[], at: Chance): Promise<void> {
  for (const message of messages(journalStream(uid), events, at)) expect((await inbox.receive([message])).gaps).toEqual([]);
}

const accountRow = (account: Account) => ({
  id: account.id,
  type: account.type,
  asset: account.asset,
  exponent: account.exponent,
  min_balance: account.minBalance?.toString() ?? null,
  max_balance: account.maxBalance?.toString() ?? null,
  frozen: account.frozen,
  closed: account.closed,
  metadata: account.metadata,
  number: account.openedPosition,
  opened_at: account.openedAt,
  debits_posted: String(account.debitsPosted),
  debits_held: String(account.debitsHeld),
  credits_posted: String(account.creditsPosted),
  credits_held: String(account.creditsHeld),
});

const holdRow = (hold: PlainHold) => ({
  position: hold.placedPosition,
  last_position: hold.position,
  id: hold.id,
  debit: hold.debit,
  credit: hold.credit,
  amount: String(hold.amount),
  captured: String(hold.captured),
  released: String(hold.released),
  remaining: String(hold.remaining),
  status: hold.status,
  expires_at: hold.expiresAt,
  placed_at: hold.placedAt,
  reference: hold.texts.reference,
  metadata: hold.texts.metadata,
});

it.each([1, 2, 3, 4, 5])('the books are what the events add up to, however they are delivered (seed %d)', async (seed) => {
  const { events } = randomHistory(seed, 600);
  expect(new Set(events.map(({ type }) => type)).size).toBe(12);
  await receiveAll('u1', fed(events, 'u1'), chance(seed * 31));

  const accounts = [...accountsOf(events).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const found = await database.pool.query(`SELECT ${Object.keys(accountRow(accounts[0]!)).join(', ')} FROM accounts.accounts ORDER BY id`);
  expect(found.rows).toEqual(accounts.map(accountRow));

  const holds = [...holdsOf(events).values()];
  const held = await database.pool.query(`SELECT ${Object.keys(holdRow(holds[0]!)).join(', ')} FROM accounts.holds ORDER BY position`);
  expect(held.rows).toEqual(holds.map(holdRow));

  const ledgers = await database.pool.query('SELECT uid, tenant, id, name, position, recorded_at, closed_through FROM accounts.ledgers');
  const { position, recordedAt } = events.at(-1)!;
  const closed = events.flatMap((event) => (event.type === 'PeriodClosed' ? [event.command.through] : [])).at(-1);
  expect(ledgers.rows).toEqual([
    { uid: 'u1', tenant: 'acme', id: 'main', name: 'The main ledger', position, recorded_at: recordedAt, closed_through: closed },
  ]);

  // Every posting, with what had been posted to the account after its entry, in the order of recording.
  for (const account of accounts) {
    const { rows } = await database.pool.query(
      `SELECT position, leg, effective_at, side, amount, debits, credits FROM accounts.postings
       WHERE account = $1 ORDER BY position, leg`,
      [account.openedPosition],
    );
    const total = { debit: 0n, credit: 0n };
    const expected = entriesOf(events).flatMap((event) => {
      const legs = event.postings.map((posting, index) => ({ ...posting, leg: index + 1 })).filter((leg) => leg.account === account.id);
      for (const { side, amount } of legs) total[side] += amount;
      return legs.map(({ leg, side, amount }) => ({
        position: event.position,
        leg,
        effective_at: event.effectiveAt,
        side,
        amount: String(amount),
        debits: String(total.debit),
        credits: String(total.credit),
      }));
    });
    expect(rows).toEqual(expected);
  }
});

it('folios and volumes are the postings that they close over, whatever the run that closed them', async () => {
  const { events } = randomHistory(11, 1_500);
  const projection = new JournalProjection('accounts', { lines: 5, foliosOfAVolume: 3 });
  const own = new Inbox({ pool: database.pool, schema: 'accounts', consumer: 'accounts', projection, eventsPerTransaction: 50 });
  const at = chance(7);
  for (const message of messages(journalStream('u1'), fed(events, 'u1'), at)) await own.receive([message]);

  const { rows } = await database.pool.query<{ account: number; level: number; through: number; latest: number }>(
    'SELECT account, level, through, latest FROM accounts.folios ORDER BY account, level, through',
  );
  expect(rows.filter(({ level }) => level === 0).length).toBeGreaterThan(40);
  expect(rows.filter(({ level }) => level === 1).length).toBeGreaterThan(8);
  for (const account of accountsOf(events).values()) {
    const lines = linesOf(events, account).toSorted((a, b) => a.position - b.position);
    for (const [level, size] of [5, 15].entries()) {
      // The entry that brings the account to a multiple of the size is the last.
      const ends = lines.flatMap(({ position }, n) => ((n + 1) % size === 0 ? [position] : []));
      const own = rows.filter((row) => row.account === account.openedPosition && row.level === level);
      expect(own.map(({ through }) => through)).toEqual(ends);
      for (const [n, { through, latest }] of own.entries()) {
        const within = lines.filter(({ position }) => position > (ends[n - 1] ?? 0) && position <= through);
        expect(latest).toBe(Math.max(...within.map(({ effectiveAt }) => effectiveAt)));
        const { rows: found } = await database.pool.query(
          `SELECT unnest(moments) AS moment, unnest(debits) AS debits, unnest(credits) AS credits FROM accounts.folio_totals
           WHERE account = $1 AND level = $2 AND through = $3 ORDER BY earliest, moment`,
          [account.openedPosition, level, through],
        );
        const moments = [...new Set(within.map(({ effectiveAt }) => effectiveAt))].sort((a, b) => a - b);
        const sum = (moment: number, wanted: string) =>
          String(
            within.reduce(
              (total, { effectiveAt, side, amount }) => (effectiveAt <= moment && side === wanted ? total + amount : total),
              0n,
            ),
          );
        expect(found).toEqual(moments.map((moment) => ({ moment, debits: sum(moment, 'debit'), credits: sum(moment, 'credit') })));
      }
    }
  }
});

it('two deliveries of two ledgers leave the same books', async () => {
  const one = fed(randomHistory(21, 120, 'acme', 'main').events, 'u1');
  const two = fed(randomHistory(22, 120, 'acme', 'other').events, 'u2');
  await receiveAll('u1', one, chance(1));
  await receiveAll('u2', two, chance(2));
  const first = await database.contents();
  await database.pool.query(emptyBooks);
  await receiveAll('u2', two, chance(3));
  await receiveAll('u1', one, chance(4));
  expect(await database.contents()).toEqual(first);
});

it('a reference that was erased is missing, and a known one is there', async () => {
  const events = fed(randomHistory(5, 200).events, 'u1');
  const erased = events.findIndex(({ texts }) => texts?.reference != null);
  await receiveAll(
    'u1',
    events.map((event, index) => (index === erased ? { ...event, texts: null } : event)),
    chance(1),
  );
  const { rows } = await database.pool.query<{ position: number; reference: string | null }>(
    `SELECT position, reference FROM accounts.entries ORDER BY position`,
  );
  for (const { position, reference } of rows)
    expect(reference).toBe(position === erased + 1 ? null : (events[position - 1]!.texts?.reference ?? null));
});

it.each([
  ['a ledger that was never opened', (events: readonly FedEvent[]) => events.filter(({ version }) => version > 1).map(renumbered)],
  ['an event of an unknown kind', (events: readonly FedEvent[]) => events.map((event, index) => (index === 20 ? unknown(event) : event))],
])('%s stops the books and leaves them as they were', async (_, change) => {
  const events = change(fed(randomHistory(9, 60).events, 'u1'));
  await expect(inbox.receive([{ stream: journalStream('u1'), events }])).rejects.toThrow(/journal-u1@/);
  expect(await database.contents()).toMatchObject({ ledgers: [], accounts: [], entries: [], postings: [] });
});

it('a change of a hold that was never placed stops the books', async () => {
  const { events } = randomHistory(9, 200);
  const placing = events.findIndex((event) => event.type === 'HoldPlaced');
  const after = events.findIndex((event, index) => index > placing && event.type === 'HoldCaptured');
  await receiveAll('u1', fed(events.slice(0, after), 'u1'), chance(1));
  await database.pool.query('TRUNCATE accounts.holds');
  const next = fed(events, 'u1').slice(after, after + 1);
  await expect(inbox.receive([{ stream: journalStream('u1'), events: next }])).rejects.toThrow(/never placed/);
});

it('an entry on an account that was never opened stops the books', async () => {
  const { events } = randomHistory(9, 200);
  const opening = events.findIndex((event) => event.type === 'EntryPosted');
  const before = fed(events.slice(0, opening), 'u1');
  await receiveAll('u1', before, chance(1));
  await database.pool.query('TRUNCATE accounts.accounts');
  const next = fed(events, 'u1').slice(opening, opening + 1);
  await expect(inbox.receive([{ stream: journalStream('u1'), events: next }])).rejects.toThrow(/never opened/);
  expect((await database.contents())['postings']).toEqual([]);
});

const renumbered = (event: FedEvent): FedEvent => ({ ...event, version: event.version - 1 });
const unknown = (event: FedEvent): FedEvent => ({ ...event, event: event.event.replace(/"type":"[A-Z]\w+"/, '"type":"LedgerBurnt"') });
