import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '@mizan/database';
import { HttpFeed } from '@mizan/messaging';
import { testDatabase, testTokens } from '@mizan/testing';
import { inboxOptions } from './accounts.module.js';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { accountsOf, linesOf, randomHistory } from './history.fixture.js';
import { WholeJournalInbox, rebuild } from './rebuild.js';
import { type Answer, JournalServer, type ServiceUnderTest, type Tokens, eventually, startService } from './service.fixture.js';

const main = randomHistory(1, 1_200, 'acme', 'main').events;
const idle = randomHistory(2, 60, 'acme', 'idle').events;

let tokens: Tokens;
let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;

beforeAll(async () => {
  tokens = await testTokens();
}, 120_000);
beforeEach(async () => {
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
  await journal.append('u-main', main);
  await journal.append('u-idle', idle);
  service = await startService(database.url, journal, tokens);
  await complete();
}, 60_000);
afterEach(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

/** Both ledgers can be read up to their ends. */
async function complete(): Promise<void> {
  for (const [ledger, { length }] of Object.entries({ main, idle }))
    await eventually(
      () => service.ask(`/v1/ledgers/${ledger}/accounts?limit=1`),
      ({ status, body }) => status === 200 && body.items[0].balances.position === length,
    );
}

const rebuilt = (pool = database.pool) =>
  rebuild({
    pool,
    feed: new HttpFeed({ urls: [journal.url], token: async () => 'a token', attempts: 1 }),
    inbox: new WholeJournalInbox(inboxOptions(pool)),
    log: () => {},
  });

/** The books as they are now, table by table: how many rows, and a checksum of them. */
const checksums = async (): Promise<unknown[]> =>
  Object.entries(await database.contents()).map(([table, rows]) => [table, rows.length, hash('sha256', JSON.stringify(rows))]);

it('leaves the books as they were, of idle ledgers too, beside the running service', async () => {
  const sums = await checksums();
  expect(await rebuilt()).toBe(main.length + idle.length);
  expect(await checksums()).toEqual(sums);
  await complete();
});

it('mends books that had gone wrong', async () => {
  const sums = await checksums();
  await database.administer(`
    UPDATE accounts.postings SET amount = amount + 1 WHERE position % 7 = 0;
    UPDATE accounts.accounts SET credits_posted = credits_posted + 5, frozen = 'all';
    DELETE FROM accounts.entries WHERE position < 50;
    DELETE FROM accounts.moments;
    UPDATE accounts.held SET debits = debits + 1;
    INSERT INTO accounts.ledgers (uid, tenant, id, name, position, recorded_at) VALUES ('u-ghost', 'acme', 'ghost', 'Nobody knows it', 3, 0)`);
  expect(await checksums()).not.toEqual(sums);
  await rebuilt();
  expect(await checksums()).toEqual(sums);
  expect((await service.ask('/v1/ledgers/ghost/accounts')).body.code).toBe('ledger_not_found');
});

it('throws nothing away while the journal cannot be read', async () => {
  const sums = await checksums();
  journal.stop();
  await expect(rebuilt()).rejects.toThrow(/feed/);
  expect(await checksums()).toEqual(sums);
});

it('refuses reads until a ledger is complete, and is taken up by the next start when it was broken off', async () => {
  const sums = await checksums();
  journal.readable = false;
  const own = openPool({ url: database.url, name: 'accounts-rebuild', max: 2 });
  const given = rebuilt(own).catch((error: unknown) => error);
  const refused = await eventually(
    () => service.ask('/v1/ledgers/main/accounts'),
    ({ status }) => status !== 200,
  );
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(refused.headers.get('retry-after')).toBe('2');
  // A ledger that is not there yet may be one that was emptied; with minPosition too.
  expect((await service.ask('/v1/ledgers/nobodys/accounts')).status).toBe(503);
  expect((await service.ask('/v1/ledgers/main/trial-balance?minPosition=9')).status).toBe(503);
  expect((await service.ask('/health/ready')).body.checks.journal.rebuilding).toBe(2);

  // Broken off: its connections are gone, and the service restarts.
  await own.end();
  expect(await given).toBeInstanceOf(Error);
  await service.stop();
  journal.readable = true;
  service = await startService(database.url, journal, tokens);
  await complete();
  expect(await checksums()).toEqual(sums);
  expect((await service.ask('/v1/ledgers/nobodys/accounts')).status).toBe(404);
});

it('never shows a number that is not true at the position it states', async () => {
  const accounts = [...accountsOf(main).values()];
  const account = accounts.toSorted((a, b) => linesOf(main, b).length - linesOf(main, a).length)[0]!;
  const posted = new Map<number, string>();
  let before = '0';
  for (const event of main) {
    if ('postings' in event) before = String(linesOf(main.slice(0, event.position), account).at(-1)?.balance ?? 0n);
    posted.set(event.position, before);
  }
  let reading = true;
  const seen = { balances: 0, statements: 0, trials: 0 };
  const refusals: string[] = [];
  const read = async (rest: string, look: (body: Answer['body']) => void): Promise<void> => {
    while (reading) {
      const { status, body } = await service.ask(`/v1/ledgers/main${rest}`);
      if (status === 200) look(body);
      else refusals.push(body.code);
    }
  };
  const readers = [
    read(`/accounts/${account.id}/balance`, ({ position, balances }) => {
      expect(balances).toMatchObject({ posted: posted.get(position), position });
      seen.balances++;
    }),
    read(`/accounts/${account.id}/statement?limit=1000`, ({ position, closing, lines, opening }) => {
      expect([opening, closing, lines.at(-1)?.balance ?? '0']).toEqual(['0', posted.get(position), posted.get(position)]);
      seen.statements++;
    }),
    read('/trial-balance', ({ position, accounts: found, totals }) => {
      const { debits = '0', credits = '0' } = found.find((one: { account: string }) => one.account === account.id) ?? {};
      const [net, expected] = [BigInt(credits) - BigInt(debits), BigInt(posted.get(position)!)];
      expect([net, -net]).toContain(expected);
      for (const total of totals) expect(total.debits).toBe(total.credits);
      seen.trials++;
    }),
  ];
  try {
    for (let round = 0; round < 6; round++) {
      await rebuilt();
      await pause(50);
    }
  } finally {
    reading = false;
    await Promise.all(readers);
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  // A ledger may be there again whose journal has not come to the account.
  expect(['unavailable', 'account_not_found']).toEqual(expect.arrayContaining([...new Set(refusals)]));
  expect(refusals).toContain('unavailable');
}, 60_000);
