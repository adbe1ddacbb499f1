import { type KeptTexts, commitment } from '@mizan/contracts';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { PostgresTexts } from './postgres-texts.js';
import { textsMigrations } from './texts-migrations.js';

const PASSWORD = 'test';
const migrations = textsMigrations({ schema: 'payouts', role: 'mizan_payouts' });

let database: TestDatabase;
let pool: pg.Pool;
let texts: PostgresTexts;

beforeAll(async () => {
  database = await testDatabase();
  await migrateService({ adminUrl: database.adminUrl, service: 'payouts', password: PASSWORD, schemas: [migrations] });
  pool = openPool({ url: serviceUrl(database.adminUrl, 'payouts', PASSWORD), name: 'texts_test', max: 4 });
  texts = new PostgresTexts(pool, { schema: 'payouts' });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const words = (reference: string | null, metadata: Readonly<Record<string, string>> = {}): KeptTexts => ({
  salt: randomBytes(16).toString('hex'),
  reference,
  metadata,
});
const kept = (...all: KeptTexts[]) => all.map((each) => ({ commitment: commitment(each), texts: each }));
/** As a reader has them: null for what is not there. */
async function read(stream: string, ...all: KeptTexts[]): Promise<(KeptTexts | null)[]> {
  const there = await texts.find(all.map((each) => ({ stream, commitment: commitment(each) })));
  return all.map((each) => there.get(commitment(each)) ?? null);
}

test('words are found by the commitment to them, byte for byte', async () => {
  const all = [words("Müller's rent", { 'the key': 'a "value" \\ and\nmore' }), words(null, { only: '' }), words('', {})];
  await texts.keep('payout-1', kept(...all));
  const answer = await texts.find(all.map((each) => ({ stream: 'payout-1', commitment: commitment(each) })));
  for (const each of all) {
    expect(answer.get(commitment(each))).toEqual(each);
    expect(commitment(answer.get(commitment(each))!)).toBe(commitment(each));
  }
});

test('the words of one stream are not found in another', async () => {
  const own = words('mine');
  await texts.keep('payout-2', kept(own));
  expect(await read('payout-3', own)).toEqual([null]);
});

test('keeping the same again, alone or beside others, changes nothing', async () => {
  const [first, second] = [words('first'), words('second')];
  await texts.keep('payout-4', kept(first));
  await texts.keep('payout-4', kept(first, second));
  expect(await read('payout-4', first, second)).toEqual([first, second]);
});

test('erased words are null for every reader, the others stay, and a second erase is no error', async () => {
  const [gone, stays] = [words('Jane Doe', { iban: 'DE00' }), words('John Doe')];
  await texts.keep('payout-5', kept(gone, stays));
  await texts.keep('payout-6', kept(gone));
  expect(await texts.erase('payout-5', [commitment(gone)])).toBe(1);
  expect(await read('payout-5', gone, stays)).toEqual([null, stays]);
  expect(await read('payout-6', gone)).toEqual([gone]);
  expect(await texts.erase('payout-5', [commitment(gone)])).toBe(0);
  expect(await texts.erase('payout-5', [])).toBe(0);
  expect(await read('payout-5', gone, stays)).toEqual([null, stays]);
});

test('nothing of erased words is left in the table, the salt neither', async () => {
  const gone = words('Erika Mustermann');
  await texts.keep('payout-7', kept(gone));
  await texts.erase('payout-7', [commitment(gone)]);
  const { rows } = await pool.query('SELECT FROM payouts.texts AS line WHERE stream = $1 OR strpos(line::text, $2) > 0', [
    'payout-7',
    gone.salt,
  ]);
  expect(rows).toEqual([]);
});

test("the service's role cannot change words", async () => {
  await expect(pool.query("UPDATE payouts.texts SET reference = 'other'")).rejects.toMatchObject({ code: '42501' });
});

test('more than a thousand at once are not erased', async () => {
  await expect(
    texts.erase(
      'payout-8',
      Array.from({ length: 1_001 }, () => 'f'.repeat(64)),
    ),
  ).rejects.toThrow('At most 1000');
});

test('a name that could not stand in SQL is refused', () => {
  expect(() => new PostgresTexts(pool, { schema: 'pay; drop' })).toThrow(/pay; drop/);
  expect(() => textsMigrations({ schema: 'payouts', role: 'a b' })).toThrow(/a b/);
});
