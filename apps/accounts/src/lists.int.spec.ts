import { type Metadata, noTexts } from '@mizan/ledger';
import { testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { Writing, capture, hold, open, reverse, transfer } from './history.fixture.js';
import { JournalServer, type ServiceUnderTest, eventually, startService } from './service.fixture.js';

// The lists of entries and holds as a caller meets them, on a ledger made by hand.

const hands = '/v1/ledgers/hands';
const writing = new Writing('acme', 'hands');
const ids = ({ body }: { body: { items: { id: string }[] } }) => body.items.map(({ id }) => id);
let appended = 0;
const append = async (work: () => void): Promise<number> => {
  work();
  await journal.append('u-hands', writing.events.slice(appended));
  return (appended = writing.events.length);
};
const worded = (reference: string | null, metadata: Metadata) => ({ texts: { reference, metadata } });
let at: number;

let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;

beforeAll(async () => {
  const tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
  await journal.append('u-other', new Writing('acme', 'other').events);
  service = await startService(database.url, journal, tokens);
  at = await append(() => {
    writing.do(open('bank:cash', 'asset'));
    writing.do(open('clients:17', 'liability'));
    writing.do(transfer('t1', 'bank:cash', 'clients:17', 700n, worded('rent', { 'order id': '7=8&9' })));
    writing.do(hold('h1', 'clients:17', 'bank:cash', 300n, { expiresAt: writing.clock + 60_000, ...worded('card', { shop: 'corner' }) }));
    writing.do(hold('h2', 'clients:17', 'bank:cash', 100n));
    writing.do(capture('c1', 'h1', 120n, { final: false }));
    writing.do(reverse('r1', 't1', 200n));
    writing.do(reverse('r2', 't1', 50n));
    writing.do(reverse('r3', 'r2'));
  });
  await eventually(
    () => service.ask(`${hands}/transfers?minPosition=${at}`),
    ({ status }) => status === 200,
  );
}, 120_000);
afterAll(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

it('a reversed entry names its reversals, a capture its hold, and the accounts what is held', async () => {
  const { body } = await service.ask(`${hands}/transfers?order=oldest`);
  expect(body.items).toMatchObject([
    { id: 't1', reverses: null, hold: null, reversedBy: ['r1', 'r2'] },
    { id: 'c1', reference: 'card', metadata: { shop: 'corner' }, hold: { id: 'h1', remaining: '180', status: 'placed' } },
    { id: 'r1', reverses: 't1', reversedBy: [] },
    { id: 'r2', reverses: 't1', reversedBy: ['r3'] },
    { id: 'r3', reverses: 'r2', reversedBy: [] },
  ]);
  const { body: account } = await service.ask(`${hands}/accounts/clients:17`);
  expect(account.balances).toMatchObject({ posted: '380', held: '280', available: '100', debits: { held: '280' } });
});

it('a hold that expires is found as expired, and holds nothing any more', async () => {
  expect(ids(await service.ask(`${hands}/holds?status=placed`))).toEqual(['h2', 'h1']);
  at = await append(() => writing.pass(120_000));
  const { body } = await service.ask(`${hands}/holds?status=expired&minPosition=${at}`);
  expect(body.items).toMatchObject([{ id: 'h1', captured: '120', released: '180', remaining: '0', status: 'expired', position: at }]);
  const { body: account } = await service.ask(`${hands}/accounts/clients:17`);
  expect(account.balances).toMatchObject({ held: '100', position: at });
});

it('words may be any', async () => {
  expect(ids(await service.ask(`${hands}/transfers?metadata.order%20id=7%3D8%269`))).toEqual(['t1']);
  expect(ids(await service.ask(`${hands}/transfers?metadata.__proto__=x`))).toEqual([]);
  expect(ids(await service.ask(`${hands}/transfers?reference=`))).toEqual([]);
});

it('a list that has begun goes on where it was, whatever is posted meanwhile', async () => {
  const page = (query: string) => service.ask(`${hands}/transfers?account=bank:cash&limit=2&${query}`);
  const newest = await page('');
  const oldest = await page('order=oldest');
  const earlier = writing.events.length;
  at = await append(() => {
    writing.do(transfer('t2', 'bank:cash', 'clients:17', 1n));
    writing.do(transfer('t3', 'bank:cash', 'clients:17', 1n, { effectiveAt: Date.parse('2001-01-01T00:00:00Z') }));
  });
  expect(at).toBe(earlier + 2);
  await service.ask(`${hands}/transfers?minPosition=${at}`);
  expect([newest, await page(`cursor=${newest.body.next}`)].flatMap(ids)).toEqual(['r3', 'r2', 'r1', 'c1']);
  const next = await page(`order=oldest&cursor=${oldest.body.next}`);
  const last = await page(`order=oldest&cursor=${next.body.next}`);
  expect([oldest, next, last].flatMap(ids)).toEqual(['t1', 'c1', 'r1', 'r2', 'r3', 't2']);
  expect(ids(await page(`order=oldest&cursor=${last.body.next}`))).toEqual(['t3']);
});

it('an entry that moves an account more than once is one entry, at the end of a page too', async () => {
  const of = (side: 'debit' | 'credit', account: string, amount: bigint) => ({ side, account, amount });
  at = await append(() => {
    writing.do(open('fees', 'income'));
    for (const id of ['s1', 's2', 's3']) {
      const postings = [of('debit', 'bank:cash', 3n), of('credit', 'fees', 1n), of('credit', 'fees', 1n), of('credit', 'fees', 1n)];
      writing.do({ op: 'transfer', id, postings, effectiveAt: null, texts: noTexts });
    }
  });
  for (const side of ['', '&side=credit']) {
    const found: string[] = [];
    for (let query = `account=fees${side}&limit=1&minPosition=${at}`; ;) {
      const page = await service.ask(`${hands}/transfers?${query}`);
      found.push(...ids(page));
      if (page.body.next === null) break;
      query = `account=fees${side}&limit=1&cursor=${page.body.next}`;
    }
    expect(found).toEqual(['s3', 's2', 's1']);
  }
});

it.each([
  [
    'transfers?account=bank:cash',
    ['transfers?', 'transfers?account=clients:17', 'transfers?account=bank:cash&side=credit', 'holds?account=bank:cash'],
  ],
  ['transfers?order=oldest', ['transfers?', 'transfers?order=oldest&reference=rent', 'transfers?order=oldest&metadata.a=b']],
  [
    'holds?account=bank:cash',
    ['holds?', 'holds?account=bank:cash&order=oldest', 'holds?account=bank:cash&status=placed', 'transfers?account=bank:cash'],
  ],
])('a cursor of %s is good for that list alone', async (list, others) => {
  const { next } = (await service.ask(`${hands}/${list}&limit=1`)).body;
  const refused = { status: 400, body: { code: 'invalid_cursor' } };
  for (const other of others) expect(await service.ask(`${hands}/${other}&limit=1&cursor=${next}`)).toMatchObject(refused);
  expect(await service.ask(`/v1/ledgers/other/${list}&limit=1&cursor=${next}`)).toMatchObject(refused);
  expect((await service.ask(`${hands}/${list}&limit=3&cursor=${next}`)).status).toBe(200);
});

it('an account that is not there is named, with what it may have meant', async () => {
  for (const list of ['transfers', 'holds'])
    expect(await service.ask(`${hands}/${list}?account=cleints:17`)).toMatchObject({
      status: 404,
      body: { code: 'account_not_found', suggestions: ['clients:17'] },
    });
});

it('a ledger that is not there, or another’s, is not found', async () => {
  for (const list of ['transfers', 'holds']) {
    expect((await service.ask(`/v1/ledgers/none/${list}`)).body.code).toBe('ledger_not_found');
    expect((await service.ask(`${hands}/${list}`, 'globex')).body.code).toBe('ledger_not_found');
    expect((await service.ask(`${hands}/${list}?minPosition=${at + 1}`)).body.code).toBe('position_not_reached');
  }
});

it.each([
  'transfers?colour=red',
  'transfers?status=placed',
  'transfers?side=credit',
  'transfers?account=bank:cash&side=left',
  'transfers?account=bank:cash&account=bank:cash',
  'transfers?order=oldest&order=oldest',
  'transfers?metadata.a=b&metadata.a=b',
  'transfers?metadata.=b',
  'transfers?metadata=b',
  'transfers?metadata.a=%00',
  'transfers?metadata.a%00=b',
  `transfers?metadata.${'k'.repeat(129)}=b`,
  `transfers?metadata.a=${'v'.repeat(2049)}`,
  `transfers?${Array.from({ length: 17 }, (_, n) => `metadata.k${n}=v`).join('&')}`,
  'transfers?reference=%00',
  `transfers?reference=${'r'.repeat(257)}`,
  'transfers?from=2026-01-01',
  'transfers?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  'transfers?order=random',
  'transfers?limit=0',
  'transfers?limit=1001',
  'holds?side=debit&account=bank:cash',
  'holds?status=open',
  'holds?metadata.a=b&metadata.a=b',
  'holds?to=2026-02-30T00:00:00Z',
])('%s is an invalid query', async (question) => {
  expect(await service.ask(`${hands}/${question}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_query', field: expect.any(String) },
  });
});
