import { testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { Writing, hold, open, transfer } from './history.fixture.js';
import { JournalServer, eventually, startService } from './service.fixture.js';

let database: BooksDatabase;
let journal: JournalServer;
let tokens: Awaited<ReturnType<typeof testTokens>>;

beforeAll(async () => {
  tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
}, 120_000);
afterAll(async () => {
  journal.stop();
  await database.close();
});

/** What a service that has just started says, once it says this. */
async function metricsOnce(so: string): Promise<string[]> {
  const service = await startService(database.url, journal, tokens);
  try {
    const read = async () => (await (await fetch(`${service.url}/metrics`)).text()).split('\n');
    await eventually(
      () => service.ask('/health/ready').then(({ body }) => body),
      ({ checks }) => checks.journal.state === 'following',
    );
    return await eventually(read, (lines) => lines.includes(so));
  } finally {
    await service.stop();
  }
}

it('shows whether the books balance, asset by asset, what is held, and how far they follow, without a word of whose they are', async () => {
  for (const ledger of ['first', 'second']) {
    const writing = new Writing('acme', ledger);
    writing.do(open('bank:cash', 'asset'));
    writing.do(open('clients:17', 'liability'));
    writing.book.defineAsset('ACMEMILES', 0);
    writing.do(open('shop:miles', 'asset', { asset: 'ACMEMILES' }));
    writing.do(transfer('t1', 'bank:cash', 'clients:17', 700n));
    writing.do(hold('h1', 'bank:cash', 'clients:17', 300n));
    await journal.append(`u-${ledger}`, writing.events);
  }
  const lines = await metricsOnce('mizan_projection_position{service="accounts"} 12');
  expect(lines).toEqual(
    expect.arrayContaining([
      'mizan_book_imbalance{asset="CZK",service="accounts"} 0',
      'mizan_book_imbalance{asset="other",service="accounts"} 0',
      'mizan_holds_open{service="accounts"} 2',
      'mizan_projection_lag_seconds{topic="mizan.journal",service="accounts"} 0',
      'mizan_consumer_halted{topic="mizan.journal",service="accounts"} 0',
    ]),
  );
  expect(lines.join()).not.toMatch(/acme|miles|clients|first/i);

  // Wrong by the same in both directions: over all ledgers nothing is missing, in each of them something is.
  await database.administer(
    `UPDATE accounts.accounts SET debits_posted = debits_posted + CASE WHEN ledger = (SELECT min(number) FROM accounts.ledgers) THEN 5 ELSE -5 END
     WHERE id = 'bank:cash'`,
  );
  expect(await metricsOnce('mizan_book_imbalance{asset="CZK",service="accounts"} 10')).toContain(
    'mizan_book_imbalance{asset="other",service="accounts"} 0',
  );
}, 120_000);
