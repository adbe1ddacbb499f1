import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Feed, HttpFeed } from '@mizan/messaging';
import { testDatabase, testTokens } from '@mizan/testing';
import pg from 'pg';
import { type BooksDatabase, booksDatabase } from '../books.fixture.js';
import { BESIDE, bookTables } from './book-tables.js';
import { accountsOf, chance, randomHistory } from '../history.fixture.js';
import { type Rebuilding, rebuild } from './rebuild.js';
import { JournalServer, type ServiceUnderTest, type Tokens, eventually, startService } from '../service.fixture.js';

const main = randomHistory(1, 1_200, 'acme', 'main').events;
const idle = randomHistory(2, 60, 'acme', 'idle').events;
const busiest = [...accountsOf(main).values()].find(({ creditsPosted, debitsPosted }) => creditsPosted > 0n && debitsPosted > 0n)!;

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
      () => service.ask(`/v1/ledgers/${ledger}/accounts?limit=1&minPosition=${length}`),
      ({ status, body }) => status === 200 && body.items[0].balances.position === length,
    );
}

const rebuilt = (more: Partial<Rebuilding> = {}) =>
  rebuild({
    adminUrl: database.adminUrl,
    url: database.url,
    consumer: 'accounts',
    feed: new HttpFeed({ urls: [journal.url], token: async () => 'a token', attempts: 1 }),
    althoughDifferent: false,
    step: () => {},
    signal: new AbortController().signal,
    ...more,
  });

/** The books as they are now, table by table: how many rows, and a checksum of them. */
const checksums = async (): Promise<unknown[]> =>
  Object.entries(await database.contents()).map(([table, rows]) => [table, rows.length, hash('sha256', JSON.stringify(rows))]);

/** Which tables they are in the database. A switch gives them others. */
const identities = async (): Promise<unknown> =>
  (
    await database.pool.query(
      `SELECT array_agg(oid ORDER BY relname) AS oids FROM pg_class WHERE relnamespace = 'accounts'::regnamespace AND relkind = 'r'`,
    )
  ).rows;

/** Everything that the migrations said of the tables: columns, keys, indexes, options, owners, grants. */
const definitions = async (): Promise<unknown> =>
  Promise.all(
    [
      `SELECT table_name, column_name, data_type, collation_name, column_default, is_nullable, is_identity
       FROM information_schema.columns WHERE table_schema = 'accounts' ORDER BY table_name, ordinal_position`,
      `SELECT conrelid::regclass::text AS of, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'accounts'::regnamespace ORDER BY 1, 2`,
      `SELECT indexdef FROM pg_indexes WHERE schemaname = 'accounts' ORDER BY 1`,
      `SELECT relname, relkind, reloptions, relacl::text[], pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'accounts'::regnamespace ORDER BY 1`,
    ].map(async (sql) => (await database.pool.query(sql)).rows),
  );

const isThereAnythingBeside = async (): Promise<boolean> =>
  (await database.pool.query('SELECT to_regnamespace($1) IS NOT NULL AS there', [BESIDE])).rows[0].there;

it('books that are as the journal has them are replaced by the same, in tables that are defined as before', async () => {
  await database.administer(`CREATE ROLE reporter_${process.pid}; GRANT SELECT ON accounts.postings TO reporter_${process.pid};
    GRANT SELECT (ledger, position) ON accounts.entries TO reporter_${process.pid}; CREATE INDEX own_one ON accounts.entries (id) WHERE id > 'a'`);
  const [sums, tables, defined] = [await checksums(), await identities(), await definitions()];
  try {
    const steps: string[] = [];
    expect(await rebuilt({ step: (text) => steps.push(text) })).toEqual({
      events: main.length + idle.length,
      behind: 0,
      differences: [],
      switched: true,
    });
    expect(steps[0]).toMatch(/^\d+ events to read; the books take \d+ MB, and until the switch as much again$/);
    expect(await checksums()).toEqual(sums);
    expect(await definitions()).toEqual(defined);
    expect(await identities()).not.toEqual(tables);
    expect(await isThereAnythingBeside()).toBe(false);
    await complete();
  } finally {
    await database.administer(`DROP OWNED BY reporter_${process.pid}; DROP ROLE reporter_${process.pid}`);
  }
});

it('every table of the books is made again', async () => {
  const { rows } = await database.pool.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'accounts' AND tablename <> 'migrations'`);
  expect(new Set(rows.map(({ tablename }) => tablename))).toEqual(new Set(['inbox', 'feed_tokens', ...bookTables]));
});

it('the running service follows on in the new tables, of ledgers that moved meanwhile and of new ones', async () => {
  await rebuilt();
  const { events } = randomHistory(3, 40, 'acme', 'late');
  await journal.append('u-late', events);
  await eventually(
    () => service.ask(`/v1/ledgers/late/accounts?minPosition=${events.length}`),
    ({ status }) => status === 200,
  );
  // Started again, it goes on from the place that the switch left.
  await service.stop();
  service = await startService(database.url, journal, tokens);
  await complete();
  expect((await service.ask(`/v1/ledgers/late/accounts?minPosition=${events.length}`)).status).toBe(200);
});

const number = busiest.openedPosition;
it.each([
  [
    'a balance',
    `UPDATE accounts.accounts SET credits_posted = credits_posted + 5 WHERE id = '${busiest.id}' AND ledger = (SELECT number FROM accounts.ledgers WHERE id = 'main')`,
    {
      table: 'accounts',
      rows: 1,
      ledger: 'acme/main',
      account: busiest.id,
      key: {},
      column: 'credits_posted',
      live: String(busiest.creditsPosted + 5n),
      journal: String(busiest.creditsPosted),
    },
  ],
  [
    'a missing entry',
    `DELETE FROM accounts.entries WHERE position = (SELECT min(position) FROM accounts.entries)`,
    {
      table: 'entries',
      rows: expect.any(Number),
      ledger: expect.stringMatching('^acme/'),
      column: null,
      live: 'missing',
      journal: 'present',
    },
  ],
  [
    "a hold's status",
    `UPDATE accounts.holds SET status = 'placed' WHERE position = (SELECT min(position) FROM accounts.holds WHERE status = 'captured')`,
    { table: 'holds', rows: expect.any(Number), column: 'status', live: 'placed', journal: 'captured' },
  ],
  [
    'an amount',
    `UPDATE accounts.postings SET amount = amount + 99999999999999999999 WHERE account = ${number} AND ledger = (SELECT number FROM accounts.ledgers WHERE id = 'main')`,
    { table: 'postings', ledger: 'acme/main', account: busiest.id, column: 'amount', live: expect.stringMatching(/^\d{20,}$/) },
  ],
  [
    'a ledger that nobody opened',
    `INSERT INTO accounts.ledgers (uid, tenant, id, name, position, recorded_at) VALUES ('u-ghost', 'acme', 'ghost', 'Nobody knows it', 3, 0)`,
    { table: 'ledgers', rows: 1, ledger: 'acme/ghost', column: null, live: 'present', journal: 'missing' },
  ],
  [
    'words about people',
    `UPDATE accounts.entries SET metadata = '{"who":"somebody"}' WHERE metadata <> '{}'`,
    { column: 'metadata', live: '(not shown)' },
  ],
  [
    'rows of no ledger',
    `UPDATE accounts.held SET ledger = 77 WHERE ledger = (SELECT number FROM accounts.ledgers WHERE id = 'main')`,
    { table: 'held', ledger: expect.any(String) },
  ],
])('%s that is not as the journal has it stops the switch and is named; asked again, it is mended', async (_, plant, expected) => {
  const sums = await checksums();
  await database.administer(plant);
  const [wrong, tables] = [await checksums(), await identities()];
  const found = await rebuilt();
  expect(found).toMatchObject({ switched: false, differences: [expected] });
  expect(JSON.stringify(found)).not.toContain('somebody');
  expect([await checksums(), await identities(), await isThereAnythingBeside()]).toEqual([wrong, tables, false]);
  const mended = await rebuilt({ althoughDifferent: true });
  expect(mended).toMatchObject({ switched: true, differences: [expected] });
  expect(await checksums()).toEqual(sums);
  await complete();
});

it('books that stand still are mended, and follow again once the service is started again', async () => {
  const more = randomHistory(1, 1_500, 'acme', 'main').events;
  const next = more.slice(main.length);
  expect(more.slice(0, main.length)).toEqual(main);
  await database.administer('UPDATE accounts.accounts SET id = id || id');
  await journal.append('u-main', next);
  await eventually(
    () => service.ask('/health/ready'),
    ({ status }) => status === 503,
  );
  // They stand behind the journal, which is a difference too.
  const found = await rebuilt();
  expect(found).toMatchObject({ switched: false, behind: next.length });
  expect(found.differences.slice(0, 2)).toMatchObject([
    { table: 'ledgers', column: 'position', ledger: 'acme/main', journal: String(more.length) },
    { table: 'accounts', column: 'id', journal: expect.not.stringMatching(/(.+)\1$/) },
  ]);
  expect((await rebuilt({ althoughDifferent: true })).switched).toBe(true);
  expect((await service.ask(`/v1/ledgers/main/accounts?minPosition=${more.length}`)).status).toBe(200);
  await service.stop();
  service = await startService(database.url, journal, tokens);
  expect((await service.ask('/health/ready')).status).toBe(200);
}, 120_000);

it('catches up with what is recorded in a rush just before it compares', async () => {
  const { events } = randomHistory(6, 11_000, 'acme', 'rush');
  // More than it would bring while it holds the books.
  expect(events.length).toBeGreaterThan(6_000);
  const half = events.findIndex(({ position, group }) => position > 3_000 && group === null);
  const steps: string[] = [];
  journal.readable = false;
  const given = rebuilt({ step: (text) => steps.push(text) });
  await eventually(isThereAnythingBeside, (there) => there);
  // It cannot tidy up, and so not go on, until this is let go.
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(`BEGIN; LOCK TABLE ${BESIDE}.rebuilding IN SHARE UPDATE EXCLUSIVE MODE`);
  journal.readable = true;
  await eventually(
    async () => steps,
    (said) => said.includes('tidying up'),
  );
  await journal.append('u-rush', events.slice(0, half));
  await journal.append('u-rush', events.slice(half));
  await eventually(
    () => service.ask(`/v1/ledgers/rush/accounts?minPosition=${events.length}`),
    ({ status }) => status === 200,
    60_000,
  );
  await admin.end();
  expect(await given).toMatchObject({ differences: [], switched: true });
  expect((await service.ask(`/v1/ledgers/rush/accounts?minPosition=${events.length}`)).status).toBe(200);
}, 120_000);

it('books that say they have more than the journal are told from it, and go back only when told to', async () => {
  const sums = await checksums();
  const more = main.length + 3;
  await database.administer(`UPDATE accounts.ledgers SET position = ${more} WHERE uid = 'u-main';
    UPDATE accounts.inbox SET version = ${more} WHERE stream = 'journal-u-main'`);
  expect(await rebuilt()).toMatchObject({
    switched: false,
    differences: [
      { table: 'ledgers', ledger: 'acme/main', column: 'position', live: String(more), journal: String(main.length) },
      { table: 'inbox', ledger: 'acme/main', column: 'version', live: String(more), journal: String(main.length) },
    ],
  });
  expect((await rebuilt({ althoughDifferent: true })).switched).toBe(true);
  expect(await checksums()).toEqual(sums);
});

it.each([
  ['of a ledger', `UPDATE accounts.inbox SET version = version + 50 WHERE stream = 'journal-u-main'`, 'acme/main'],
  ['of one that is not there', `INSERT INTO accounts.inbox VALUES ('accounts', 'journal-u-none', 5)`, '(none that is known)'],
])('an inbox %s that claims more than the journal has is a difference, and mended', async (_, damage, ledger) => {
  await database.administer(damage);
  const steps: string[] = [];
  expect(await rebuilt({ step: (text) => steps.push(text) })).toMatchObject({
    switched: false,
    differences: [{ table: 'inbox', rows: 1, ledger }],
  });
  expect(steps.filter((text) => text.startsWith('once more'))).toEqual([]);
  expect(await rebuilt({ althoughDifferent: true })).toMatchObject({ switched: true, differences: [{ table: 'inbox' }] });
  expect(await rebuilt()).toMatchObject({ switched: true, differences: [] });
});

it('what another reader has noted in the inbox concerns nobody', async () => {
  await database.administer(`INSERT INTO accounts.inbox VALUES ('older', 'journal-u-main', 40000)`);
  expect(await rebuilt()).toMatchObject({ switched: true, differences: [] });
});

it('begins nothing while the journal cannot be read', async () => {
  const [sums, tables] = [await checksums(), await identities()];
  journal.stop();
  await expect(rebuilt()).rejects.toThrow(/feed/);
  expect([await checksums(), await identities(), await isThereAnythingBeside()]).toEqual([sums, tables, false]);
});

it('waits for a journal that goes away half way, or is broken off and leaves nothing', async () => {
  const [sums, tables] = [await checksums(), await identities()];
  const leave = new AbortController();
  journal.readable = false;
  const given = rebuilt({ signal: leave.signal }).catch((error: unknown) => error);
  await eventually(isThereAnythingBeside, (there) => there);
  expect((await service.ask('/v1/ledgers/main/accounts')).status).toBe(200);
  leave.abort(new Error('Broken off'));
  expect(await given).toMatchObject({ message: 'Broken off' });
  expect([await checksums(), await identities(), await isThereAnythingBeside()]).toEqual([sums, tables, false]);

  const waiting = rebuilt();
  await eventually(isThereAnythingBeside, (there) => there);
  journal.readable = true;
  expect((await waiting).switched).toBe(true);
});

it('of two at once the second is refused', async () => {
  journal.readable = false;
  const first = rebuilt();
  await eventually(isThereAnythingBeside, (there) => there);
  await expect(rebuilt()).rejects.toThrow(/being made again already \(since 20.*Z, the server's process \d+\).*nothing was changed/);
  journal.readable = true;
  expect((await first).switched).toBe(true);
});

it('is refused where something hangs on the tables, and names it', async () => {
  await database.administer('CREATE VIEW public.own_view AS SELECT id FROM accounts.ledgers');
  await expect(rebuilt()).rejects.toThrow(/view own_view/);
});

it('does not put tables in place that a migration has left behind', async () => {
  const tables = await identities();
  journal.readable = false;
  const given = rebuilt().catch((error: unknown) => error);
  await eventually(isThereAnythingBeside, (there) => there);
  await database.administer(`INSERT INTO accounts.migrations (name, run_on) VALUES ('0999_something', now())`);
  journal.readable = true;
  expect(await given).toMatchObject({ message: expect.stringMatching('^A migration has changed the tables meanwhile') });
  expect(await identities()).toEqual(tables);
});

it('waits for a long read to end, and lets others read meanwhile', async () => {
  const steps: string[] = [];
  const reader = await database.pool.connect();
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; LOCK TABLE accounts.ledgers IN ACCESS SHARE MODE');
  const { rows: before } = await reader.query('SELECT * FROM accounts.accounts ORDER BY ledger, number');
  const given = rebuilt({ step: (text) => steps.push(text) });
  await eventually(
    async () => steps.filter((text) => text.startsWith('once more')).length,
    (times) => times > 3,
  );
  for (let n = 0; n < 20; n++) expect((await service.ask('/v1/ledgers/main/trial-balance')).status).toBe(200);
  // What the long one reads is still what it read.
  expect((await reader.query('SELECT * FROM accounts.accounts ORDER BY ledger, number')).rows).toEqual(before);
  await reader.query('ROLLBACK');
  reader.release();
  expect((await given).switched).toBe(true);
}, 60_000);

it('no position goes back, also where the books have heard what the rebuild has not', async () => {
  const { events } = randomHistory(3, 40, 'acme', 'late');
  const real = new HttpFeed({ urls: [journal.url], token: async () => 'a token' });
  let silent = false;
  const feed: Feed = {
    heads: async (after, limit) => (silent ? { heads: [], next: after, full: false } : real.heads(after, limit)),
    stream: (...asked) => real.stream(...asked),
  };
  const steps: string[] = [];
  const reader = await database.pool.connect();
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; LOCK TABLE accounts.ledgers IN ACCESS SHARE MODE');
  const given = rebuilt({ feed, step: (text) => steps.push(text) });
  await eventually(
    async () => steps.some((text) => text.startsWith('once more')),
    (tried) => tried,
  );
  silent = true;
  await journal.append('u-late', events);
  const path = `/v1/ledgers/late/accounts?limit=1`;
  await eventually(
    () => service.ask(`${path}&minPosition=${events.length}`),
    ({ status }) => status === 200,
  );
  // It must not hear of anything after the switch either.
  journal.announcing = false;
  await reader.query('ROLLBACK');
  reader.release();
  expect((await given).switched).toBe(true);
  expect((await service.ask(path)).body.items[0].balances.position).toBe(events.length);
}, 60_000);

it('broken off at any moment, the books that are read are untouched or switched, and the next one begins anew', async () => {
  const at = chance(5);
  const sums = await checksums();
  const ends = { untouched: 0, switched: 0 };
  const took = Date.now();
  await rebuilt();
  const whole = Date.now() - took;
  for (let round = 0; round < 15; round++) {
    const tables = await identities();
    const given = rebuilt().then(
      ({ switched }) => switched,
      (error: unknown) => error,
    );
    await pause(at(whole + 200));
    // What a process that dies takes with it.
    await database.administer(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('accounts_rebuild', 'mizan_accounts_rebuild')`,
    );
    const end = await given;
    const isSame = JSON.stringify(await identities()) === JSON.stringify(tables);
    expect([end, isSame]).not.toEqual([true, true]);
    ends[isSame ? 'untouched' : 'switched']++;
    expect(await checksums()).toEqual(sums);
    await complete();
  }
  expect(ends.untouched).toBeGreaterThan(3);
  expect(await rebuilt()).toMatchObject({ switched: true, differences: [] });
  expect(await isThereAnythingBeside()).toBe(false);
  expect(await checksums()).toEqual(sums);
}, 120_000);
