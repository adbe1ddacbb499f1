import { rm } from 'node:fs/promises';
import { testDatabase, testTokens } from '@mizan/testing';
import pg from 'pg';
import { booksDatabase, migrated, migrationsThrough } from './books.fixture.js';
import { accountsOf, holdsOf, randomHistory } from './history.fixture.js';
import { JournalServer, eventually, startService } from './service.fixture.js';

it('books of an earlier version are made again, and are refused until they are complete', async () => {
  const { events } = randomHistory(3, 300, 'acme', 'main');
  const tokens = await testTokens();
  const { adminUrl, drop } = await testDatabase();
  const earlier = await migrationsThrough('0001_read_models.sql');
  expect(await migrated(adminUrl, earlier)).toBe(1);
  await rm(earlier, { recursive: true });
  // As an earlier version left them: the ledger, an entry without metadata, what it had seen, and how far in the feed.
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`
    INSERT INTO accounts.ledgers (uid, tenant, id, name, position, recorded_at) VALUES ('u-main', 'acme', 'main', 'Main', ${events.length}, 0);
    INSERT INTO accounts.entries (ledger, position, id, effective_at, recorded_at, reference, accounts) VALUES (1, 5, 't1', 0, 0, null, '{a,b}');
    INSERT INTO accounts.inbox (consumer, stream, version) VALUES ('accounts', 'journal-u-main', ${events.length});
    INSERT INTO accounts.feed_tokens (consumer, token) VALUES ('accounts', '${events.length}')`);
  await admin.end();

  const database = await booksDatabase({ adminUrl, drop });
  const journal = await new JournalServer(tokens).start();
  journal.readable = false;
  await journal.append('u-main', events);
  let service = await startService(database.url, journal, tokens);
  try {
    for (const list of ['transfers', 'holds', 'accounts', 'trial-balance?minPosition=9'])
      expect(await service.ask(`/v1/ledgers/main/${list}`)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    // A ledger that is not there yet may be one that was emptied.
    const refused = await service.ask('/v1/ledgers/nobodys/accounts');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await service.ask('/health/ready')).body.checks.journal.rebuilding).toBe(1);

    // An instance of before noted a place that it had come to; whoever starts next begins at the beginning all the same.
    await service.stop();
    await database.administer(`INSERT INTO accounts.feed_tokens VALUES ('accounts', '${(await journal.store.heads(null, 1000)).next}')
      ON CONFLICT (consumer) DO UPDATE SET token = excluded.token`);
    journal.readable = true;
    service = await startService(database.url, journal, tokens);
    await eventually(
      () => service.ask(`/v1/ledgers/main/holds?minPosition=${events.length}`),
      ({ status }) => status === 200,
    );
    const { body } = await service.ask('/v1/ledgers/main/holds?order=oldest&limit=1000');
    expect(body.items.map(({ id, status }: Record<string, string>) => [id, status])).toEqual(
      [...holdsOf(events).values()].map(({ id, status }) => [id, status]),
    );
    const { body: accounts } = await service.ask('/v1/ledgers/main/accounts?limit=1000');
    expect(accounts.items).toHaveLength(accountsOf(events).size);
    expect((await service.ask('/v1/ledgers/nobodys/accounts')).status).toBe(404);
  } finally {
    await service.stop();
    journal.stop();
    await database.close();
  }
}, 60_000);
