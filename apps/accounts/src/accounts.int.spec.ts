import { once } from 'node:events';
import { connect } from 'node:net';
import { accountBody, instantText } from '@mizan/contracts';
import type { LedgerEvent } from '@mizan/ledger';
import { testDatabase, testTokens } from '@mizan/testing';
import { Books } from './tables/books.js';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { START, Writing, accountsOf, chance, linesOf, open, pick, randomHistory, transfer } from './history.fixture.js';
import { JournalServer, type ServiceUnderTest, eventually, startService } from './service.fixture.js';
import type { Place } from './statement.js';
import { trialBalance } from './tables/trial-balance.js';

const main = randomHistory(1, 600, 'acme', 'main').events;
const others = randomHistory(2, 80, 'globex', 'main').events;
const at = main.at(-1)!.position;
const accounts = [...accountsOf(main).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
/** Those with most lines first. */
const busiest = accounts.toSorted((a, b) => linesOf(main, b).length - linesOf(main, a).length);
const path = '/v1/ledgers/main';

let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;
const ask: ServiceUnderTest['ask'] = (...question) => service.ask(...question);

beforeAll(async () => {
  const tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
  await journal.append('u-main', main);
  await journal.append('u-others', others);
  service = await startService(database.url, journal, tokens);
  await eventually(
    () => ask('/health/ready'),
    ({ body }) => body.checks.journal.state === 'following' && body.checks.journal.lag === 0,
  );
}, 120_000);
afterAll(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

/** The page's lines, or those of all pages, and what every page says of the range. */
async function statement(account: string, query: Record<string, string>) {
  const lines: unknown[] = [];
  let cursor: string | null = null;
  let pages = 0;
  for (;;) {
    const parameters: URLSearchParams = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
    const { status, body } = await ask(`${path}/accounts/${account}/statement?${parameters}`);
    expect(status).toBe(200);
    pages++;
    lines.push(...body.lines);
    if (body.next === null) return { ...body, lines, pages };
    expect(body.lines).toHaveLength(Number(query['limit'] ?? 100));
    cursor = body.next;
  }
}

function expectedStatement(events: readonly LedgerEvent[], id: string, from: number | null, to: number | null) {
  const account = accountsOf(events).get(id)!;
  const all = linesOf(events, account);
  const before = (moment: number) => all.filter(({ effectiveAt }) => effectiveAt < moment).at(-1)?.balance ?? 0n;
  return {
    account: id,
    asset: account.asset,
    exponent: account.exponent,
    normalSide: account.type === 'asset' || account.type === 'expense' ? 'debit' : 'credit',
    from: from === null ? null : instantText(from),
    to: to === null ? null : instantText(to),
    opening: String(from === null ? 0n : before(from)),
    lines: all
      .filter(({ effectiveAt }) => effectiveAt >= (from ?? -Infinity) && effectiveAt < (to ?? Infinity))
      .map((line) => ({
        ...line,
        recordedAt: instantText(line.recordedAt),
        effectiveAt: instantText(line.effectiveAt),
        amount: String(line.amount),
        balance: String(line.balance),
      })),
    closing: String((to === null ? all.at(-1)?.balance : before(to)) ?? 0n),
    position: events.at(-1)!.position,
    next: null,
  };
}

describe('balances', () => {
  it('of every account are what its postings add up to', async () => {
    for (const account of accounts) {
      const shown = accountBody(account, at);
      expect((await ask(`${path}/accounts/${account.id}`)).body).toEqual(shown);
      expect((await ask(`${path}/accounts/${account.id}/balance`)).body).toEqual({
        account: account.id,
        asset: account.asset,
        exponent: account.exponent,
        balances: shown.balances,
        position: at,
        asOf: instantText(main.at(-1)!.recordedAt),
      });
    }
  });

  it.each([1, 7, 1000])('come in lists by id, %d on a page', async (limit) => {
    const items: unknown[] = [];
    for (let query = `limit=${limit}`; ;) {
      const { body } = await ask(`${path}/accounts?${query}`);
      items.push(...body.items);
      if (body.next === null) break;
      expect(body.items).toHaveLength(limit);
      query = `limit=${limit}&cursor=${body.next}`;
    }
    expect(items).toEqual(accounts.map((account) => accountBody(account, at)));
  });

  it.each([
    ['prefix=bank', (id: string) => id.startsWith('bank')],
    ['prefix=bank:clearing:', (id: string) => id.startsWith('bank:clearing:')],
    ['prefix=clients:1', (id: string) => id.startsWith('clients:1')],
    ['prefix=zebra', () => false],
    ['type=income', (_: string, type: string) => type === 'income'],
    ['asset=KWD&prefix=clients', (id: string, _: string, asset: string) => asset === 'KWD' && id.startsWith('clients')],
  ])('of %s alone', async (query, wanted) => {
    const { body } = await ask(`${path}/accounts?limit=1000&${query}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
      accounts.filter(({ id, type, asset }) => wanted(id, type, asset)).map(({ id }) => id),
    );
  });
});

describe('a statement', () => {
  it('of everything has every line in the order of effect', async () => {
    for (const { id } of accounts) {
      const { pages: _, ...found } = await statement(id, {});
      expect(found).toEqual(expectedStatement(main, id, null, null));
    }
  });

  it('of any range opens, runs and closes as the events say, on pages of any length', async () => {
    const random = chance(77);
    for (let round = 0; round < 60; round++) {
      const { id } = pick(busiest.slice(0, 12), random);
      const moments = linesOf(main, accountsOf(main).get(id)!).map(({ effectiveAt }) => effectiveAt);
      // Often the very moment of an entry, where inclusive and exclusive differ.
      const moment = () => (random(5) === 0 ? null : pick(moments, random) + (random(2) ? 0 : random(3 * 24 * 3600 * 1000)));
      let [from, to] = [moment(), moment()];
      if (from !== null && to !== null && from > to) [from, to] = [to, from];
      const limit = 1 + random(9);
      const { pages, ...found } = await statement(id, {
        ...(from === null ? {} : { from: instantText(from) }),
        ...(to === null ? {} : { to: instantText(to) }),
        limit: String(limit),
      });
      const expected = expectedStatement(main, id, from, to);
      expect(found).toEqual(expected);
      expect(pages).toBe(Math.max(1, Math.ceil(expected.lines.length / limit)));
    }
  });

  it('of a range without end or beginning has the money of centuries', async () => {
    const early = busiest.find((account) => linesOf(main, account).some(({ effectiveAt }) => effectiveAt < 0))!;
    const { pages: _, ...found } = await statement(early.id, { to: '1970-01-01T00:00:00Z' });
    expect(found).toEqual(expectedStatement(main, early.id, null, 0));
    expect(found.lines.length).toBeGreaterThan(0);
  });

  it('that has begun stays as it was, whatever is recorded between its pages', async () => {
    const writing = new Writing('acme', 'growing');
    writing.do(open('bank:cash', 'asset'));
    writing.do(open('clients:17', 'liability'));
    for (let n = 1; n <= 5; n++) writing.do(transfer(`t${n}`, 'bank:cash', 'clients:17', BigInt(n)));
    const before = [...writing.events];
    await journal.append('u-growing', before);
    const growing = '/v1/ledgers/growing/accounts/clients:17/statement';
    const first = await ask(`${growing}?limit=2&minPosition=${before.length}`);

    writing.do(transfer('now', 'bank:cash', 'clients:17', 1_000n));
    writing.do(transfer('yesterday', 'bank:cash', 'clients:17', 1_000n, { effectiveAt: START - 24 * 3600 * 1000 }));
    writing.do(transfer('between', 'bank:cash', 'clients:17', 1_000n, { effectiveAt: before.at(-2)!.recordedAt }));
    await journal.append('u-growing', writing.events.slice(before.length));
    await ask(`/v1/ledgers/growing/accounts?minPosition=${writing.events.length}`);

    const second = await ask(`${growing}?limit=2&cursor=${first.body.next}`);
    const third = await ask(`${growing}?limit=2&cursor=${second.body.next}`);
    expect([first, second, third].flatMap(({ body }) => body.lines)).toEqual(expectedStatement(before, 'clients:17', null, null).lines);
    for (const { body } of [first, second, third]) expect(body).toMatchObject({ opening: '0', closing: '15', position: before.length });
    expect((await ask(`${growing}?limit=1`)).body).toMatchObject({
      closing: '3015',
      position: writing.events.length,
      lines: [{ entry: 'yesterday' }],
    });
    expect(await ask(`${growing}?limit=2&cursor=${second.body.next}&minPosition=${before.length + 1}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_cursor' },
    });
  });
});

describe('the trial balance', () => {
  const line = ({ id, type, asset, debitsPosted, creditsPosted }: (typeof accounts)[number]) => ({
    account: id,
    type,
    asset,
    debits: String(debitsPosted),
    credits: String(creditsPosted),
  });

  it('has every account, and debits equal credits for each asset', async () => {
    const { body, headers } = await ask(`${path}/trial-balance`);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body.position).toBe(at);
    expect(body.accounts).toEqual(accounts.map(line));
    expect(body.totals.map(({ asset, exponent }: { asset: string; exponent: number }) => [asset, exponent])).toEqual([
      ['CZK', 2],
      ['KWD', 3],
    ]);
    for (const { asset, debits, credits } of body.totals) {
      expect(debits).toBe(credits);
      expect(BigInt(debits)).toBe(
        accounts.filter((account) => account.asset === asset).reduce((sum, account) => sum + account.debitsPosted, 0n),
      );
    }
  });

  it('of a prefix has its accounts and their totals alone', async () => {
    const { body } = await ask(`${path}/trial-balance?prefix=clients:`);
    const clients = accounts.filter(({ id }) => id.startsWith('clients:'));
    expect(body.accounts).toEqual(clients.map(line));
    const [total] = body.totals;
    expect(total.credits).toBe(
      String(clients.filter(({ asset }) => asset === total.asset).reduce((sum, { creditsPosted }) => sum + creditsPosted, 0n)),
    );
    expect((await ask(`${path}/trial-balance?prefix=zebra`)).body).toEqual({ position: at, accounts: [], totals: [] });
  });

  it('of thousands of accounts is whole, and readers who break off leave nothing behind', async () => {
    const writing = new Writing('acme', 'wide');
    for (let n = 0; n < 4_500; n++) writing.do(open(`clients:${n}`, 'liability', { texts: { reference: null, metadata: {} } }));
    await journal.append('u-wide', writing.events);
    const whole = '/v1/ledgers/wide/trial-balance';
    const token = await service.tokenOf('acme');
    expect((await ask(`${whole}?minPosition=4501`)).body.accounts).toHaveLength(4_500);
    for (let reader = 0; reader < 8; reader++) {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      socket.write(`GET ${whole} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
      if (reader % 2) await new Promise((some) => socket.once('data', some));
      socket.destroy();
    }
    const { body } = await eventually(
      () => ask(whole),
      ({ status }) => status === 200,
    );
    expect(new Set(body.accounts.map(({ account }: { account: string }) => account)).size).toBe(4_500);
    const { rows } = await database.pool.query(
      `SELECT count(*)::integer AS idle FROM pg_stat_activity WHERE application_name = 'accounts' AND state LIKE 'idle in%'`,
    );
    expect(rows).toEqual([{ idle: 0 }]);
  });
});

it('a trial balance whose reader stops reading ends by itself, and gives its connection back', async () => {
  const { ledger, close } = await new Books(database.pool).open({ tenant: 'acme', ledger: 'main' }, null);
  const text = trialBalance(ledger, { at: null, position: ledger.position }, null, 100);
  const failed = once(text, 'error');
  const closed = new Promise<void>((resolve) => text.once('close', resolve));
  await once(text, 'readable');
  expect(text.read()).not.toBeNull();
  expect(await failed).toMatchObject([{ code: 'overloaded' }]);
  await closed;
  await close();
  expect(database.pool.idleCount).toBe(database.pool.totalCount);
});

describe('the past', () => {
  const writing = new Writing('acme', 'aged');
  const aged = '/v1/ledgers/aged';
  const day = 24 * 3600 * 1000;
  writing.do(open('bank:cash', 'asset'));
  const before = writing.clock;
  writing.do(open('clients:17', 'liability'));
  // One entry a minute, each counting a day before the one ahead of it.
  for (let n = 1; n <= 20; n++) {
    writing.pass(60_000);
    writing.do(transfer(`t${n}`, 'bank:cash', 'clients:17', BigInt(n), { effectiveAt: START - n * day }));
  }
  const { events } = writing;
  const recordedAt = (n: number) => instantText(events[n + 2]!.recordedAt);
  beforeAll(async () => {
    await journal.append('u-aged', events);
    await ask(`${aged}/accounts?minPosition=${events.length}`);
  });

  it('before the ledger was opened there was none, and no account before its opening', async () => {
    const reads = ['/accounts/clients:17/balance', '/accounts/clients:17/statement', '/trial-balance'];
    for (const read of reads)
      expect(await ask(`${aged}${read}?recordedAt=${instantText(START - 1)}`)).toMatchObject({
        status: 404,
        body: { code: 'ledger_not_found', detail: expect.stringContaining(instantText(START - 1)) },
      });
    for (const read of reads.slice(0, 2))
      expect(await ask(`${aged}${read}?recordedAt=${instantText(before)}`)).toMatchObject({
        status: 404,
        body: { code: 'account_not_found', account: 'clients:17', detail: expect.stringContaining('position 3') },
      });
    const { body } = await ask(`${aged}/trial-balance?recordedAt=${instantText(before)}`);
    expect(body).toMatchObject({ position: 2, accounts: [{ account: 'bank:cash', debits: '0', credits: '0' }] });
  });

  it('follows both times, to the millisecond', async () => {
    const posted = async (query: string) => (await ask(`${aged}/accounts/clients:17/balance?${query}`)).body.balances.posted;
    expect(await posted(`at=${instantText(START - 19 * day)}`)).toBe('39');
    expect(await posted(`at=${instantText(START - 19 * day - 1)}`)).toBe('20');
    expect(await posted(`recordedAt=${recordedAt(3)}`)).toBe('6');
    expect(await posted(`recordedAt=${instantText(Date.parse(recordedAt(3)) - 1)}`)).toBe('3');
    expect(await posted(`at=${instantText(START - 2 * day)}&recordedAt=${recordedAt(3)}`)).toBe('5');
    expect(await posted(`at=${instantText(START - 10 * 365 * day)}`)).toBe('0');
    expect(await posted(`at=2999-01-01T00:00:00Z&recordedAt=2999-01-01T00:00:00Z`)).toBe('210');
  });

  it('a page of a statement that passes over what was recorded later may be short, and the next goes on', async () => {
    await new Books(database.pool).read({ tenant: 'acme', ledger: 'aged' }, null, async (book) => {
      const account = (await book.account('clients:17'))!;
      const known = { until: START, position: 3 + 2 };
      const entries: string[] = [];
      let pages = 0;
      for (let after: Place | null = [Number.MIN_SAFE_INTEGER, 0, 0]; after; pages++) {
        const { lines, next } = await book.lines(account, after, known, 10, 4);
        entries.push(...lines.map(({ entry }) => entry));
        after = next;
      }
      expect(entries).toEqual(['t2', 't1']);
      expect(pages).toBe(6);
    });
  });

  it('of a statement whose cursor is older than what is asked for is begun again', async () => {
    const statements = `${aged}/accounts/clients:17/statement?limit=1&recordedAt=${recordedAt(3)}`;
    const { body } = await ask(`${statements}&minPosition=${events.length}`);
    expect(body).toMatchObject({ position: 6, closing: '6', lines: [{ entry: 't3' }] });
    expect((await ask(`${statements}&cursor=${body.next}&minPosition=${events.length}`)).body.lines).toMatchObject([{ entry: 't2' }]);
    expect((await ask(`${statements}&cursor=${body.next}&minPosition=${events.length + 1}`)).body.code).toBe('invalid_cursor');
  });
});

describe('what a caller may not see', () => {
  it('is answered like what is not there', async () => {
    for (const rest of [
      '/accounts',
      '/accounts/clients:1',
      '/accounts/clients:1/balance',
      '/accounts/clients:1/statement',
      '/trial-balance',
    ]) {
      const unknown = await ask(`/v1/ledgers/unknown${rest}`);
      expect(unknown).toMatchObject({ status: 404, body: { code: 'ledger_not_found', detail: 'There is no ledger unknown.' } });
      await journalOfAnother();
      const another = await ask(`/v1/ledgers/secret${rest}`);
      const plain = (body: object) => JSON.stringify({ ...body, requestId: '' }).replaceAll('secret', 'unknown');
      expect([another.status, plain(another.body)]).toEqual([unknown.status, plain(unknown.body)]);
    }
  });

  it('is not in what he sees: two tenants may call their ledgers alike', async () => {
    const theirs = [...accountsOf(others).values()].map(({ id }) => id).sort();
    const { body } = await ask(`${path}/accounts?limit=1000`, 'globex');
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(theirs);
    expect((await ask(`${path}/accounts?limit=1000`, 'initech')).status).toBe(404);
  });

  it.each(['%00', 'a%20b', 'x'.repeat(65), '%F0%9F%98%80'])('a ledger or account named %s does not exist', async (name) => {
    expect((await ask(`/v1/ledgers/${name}/accounts`)).body.code).toBe('ledger_not_found');
    expect((await ask(`${path}/accounts/${name.repeat(3)}`)).body.code).toBe('account_not_found');
  });

  let opened: Promise<unknown> | undefined;
  const journalOfAnother = () =>
    (opened ??= (async () => {
      const writing = new Writing('globex', 'secret');
      writing.do(open('clients:1', 'liability'));
      await journal.append('u-secret', writing.events);
      await eventually(
        () => ask('/v1/ledgers/secret/accounts', 'globex'),
        ({ status }) => status === 200,
      );
    })());
});

describe('an account that is not there', () => {
  it('is 404 with the nearest names', async () => {
    const { id } = accounts.find((account) => /^clients:\d\d$/.test(account.id))!;
    for (const slip of [id.replace('clients', 'cleints'), id.replace('clients', 'client'), id.replace('clients', 'Clients')]) {
      const { status, body } = await ask(`${path}/accounts/${slip}`);
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'account_not_found', account: slip });
      expect(body.suggestions[0]).toBe(id);
      expect(body.detail).toContain(id);
    }
    expect((await ask(`${path}/accounts/nothing:like:this:at:all/statement`)).body.suggestions).toEqual([]);
  });
});

describe('a cursor', () => {
  it('is good for its own list alone', async () => {
    const [one, two] = [busiest[0]!.id, busiest[1]!.id];
    const { next } = (await ask(`${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z`)).body;
    const { next: list } = (await ask(`${path}/accounts?limit=1&prefix=clients`)).body;
    const asks = [
      `${path}/accounts/${two}/statement?limit=1&from=1900-01-01T00:00:00Z&cursor=${next}`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00.001Z&cursor=${next}`,
      `${path}/accounts/${one}/statement?limit=1&cursor=${next}`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z&cursor=${list}`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z&cursor=${next.slice(0, -2)}AA`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z&cursor=x${next}`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z&cursor=`,
      `${path}/accounts/${one}/statement?limit=1&from=1900-01-01T00:00:00Z&recordedAt=2100-01-01T00:00:00Z&cursor=${next}`,
      `${path}/accounts?limit=1&prefix=client&cursor=${list}`,
      `${path}/accounts?limit=1&prefix=clients&type=asset&cursor=${list}`,
    ];
    for (const question of asks) expect(await ask(question)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    expect(await ask(`${path}/accounts?limit=1&prefix=clients&cursor=${list}`, 'globex')).toMatchObject({ status: 400 });
    expect((await ask(`${path}/accounts?limit=5&prefix=clients&cursor=${list}`)).status).toBe(200);
  });
});

it.each([
  `${path}/accounts?colour=red`,
  `${path}/accounts?limit=0`,
  `${path}/accounts?limit=1001`,
  `${path}/accounts?limit=5&limit=5`,
  `${path}/accounts?type=liabilities`,
  `${path}/accounts?asset=czk`,
  `${path}/accounts?prefix=`,
  `${path}/accounts?prefix=a%00b`,
  `${path}/accounts?minPosition=-1`,
  `${path}/accounts/clients:1/balance?at=2026-01-01`,
  `${path}/accounts/clients:1/balance?at=2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z`,
  `${path}/accounts/clients:1/balance?recordedAt=yesterday`,
  `${path}/accounts/clients:1/balance?known=2026-01-01T00:00:00Z`,
  `${path}/accounts/clients:1?at=2026-01-01T00:00:00Z`,
  `${path}/accounts/clients:1/statement?at=2026-01-01T00:00:00Z`,
  `${path}/accounts/clients:1/statement?recordedAt=2026-02-30T00:00:00Z`,
  `${path}/trial-balance?at=`,
  `${path}/trial-balance?recordedAt=1772359200000`,
  `${path}/accounts/clients:1/statement?format=csv`,
  `${path}/accounts/clients:1/statement?from=2026-01-01`,
  `${path}/accounts/clients:1/statement?to=2026-02-30T00:00:00Z`,
  `${path}/accounts/clients:1/statement?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`,
  `${path}/trial-balance?limit=5`,
])('%s is an invalid query', async (question) => {
  expect(await ask(question)).toMatchObject({ status: 400, body: { code: 'invalid_query', field: expect.any(String) } });
});

describe('minPosition', () => {
  it('waits for what is on its way, be it the ledger itself', async () => {
    const writing = new Writing('acme', 'coming');
    writing.do(open('clients:1', 'liability'));
    const waiting = ask('/v1/ledgers/coming/accounts/clients:1?minPosition=2');
    await new Promise((later) => setTimeout(later, 300));
    await journal.append('u-coming', writing.events);
    expect(await waiting).toMatchObject({ status: 200, body: { balances: { position: 2 } } });
  });

  it('that is not reached is said so after a bounded wait', async () => {
    const reads = ['/accounts', '/accounts/clients:1', '/accounts/clients:1/balance', '/accounts/clients:1/statement', '/trial-balance'];
    const answers = await Promise.all(reads.map((rest) => ask(`${path}${rest}?minPosition=${at + 1}`)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 409, body: { code: 'position_not_reached' } });
  });

  it('of a ledger that never comes, or is another’s, ends in its not being there', async () => {
    const asked = [ask('/v1/ledgers/never/accounts?minPosition=1'), ask(`${path}/accounts?minPosition=1`, 'initech')];
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ status: 404, body: { code: 'ledger_not_found' } });
  });

  it('asked for by a crowd is answered to everyone', async () => {
    const answers = await Promise.all(Array.from({ length: 1_100 }, () => ask(`${path}/accounts/none?minPosition=${at + 1}`)));
    for (const { status, headers } of answers) {
      expect([409, 503]).toContain(status);
      expect(headers.get('retry-after')).toBe('1');
    }
    expect((await ask(`${path}/accounts?minPosition=${at}`)).status).toBe(200);
  });
});

it('the service says how far it is, and that it listens to nobody but callers with the scope', async () => {
  const { status, body } = await ask('/health/ready');
  expect(status).toBe(200);
  expect(body.checks).toMatchObject({ database: { ready: true }, journal: { ready: true, bus: 'feed', rebuilding: 0 } });
  expect(JSON.stringify(body)).not.toMatch(/journal-u|streams|assigned/);
  expect((await fetch(`${service.url}${path}/accounts`)).status).toBe(401);
});

it('describes its paths', async () => {
  const { body } = await ask('/v1/openapi.json');
  expect(Object.keys(body.paths).sort()).toEqual(
    ['', '/{account}', '/{account}/balance', '/{account}/statement']
      .map((rest) => `/v1/ledgers/{ledger}/accounts${rest}`)
      .concat(['holds', 'transfers', 'trial-balance'].map((rest) => `/v1/ledgers/{ledger}/${rest}`)),
  );
});

it('books that cannot be gone on with are not ready, and say where they stand', async () => {
  const writing = new Writing('acme', 'main');
  // The second ledger that calls itself so.
  await journal.append('u-again', writing.events);
  const { body } = await eventually(
    () => ask('/health/ready'),
    ({ status }) => status === 503,
  );
  expect(body.checks.journal.detail).toMatch(/stand still: journal-u-again@1/);
  expect((await ask(`${path}/accounts/${accounts[0]!.id}`)).body).toEqual(accountBody(accounts[0]!, at));
});
