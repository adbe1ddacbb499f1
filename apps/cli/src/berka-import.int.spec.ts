import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Surroundings, running } from './running.fixture.js';
import { SmallPlatform, problem } from './small-platform.fixture.js';

const header = 'trans_id,account_id,date,type,operation,amount,balance,k_symbol,bank,account';
const row = (id: number, change: Partial<Record<'account' | 'date' | 'amount' | 'rest', string>> = {}): string =>
  `${id},${change.account ?? 17},${change.date ?? '1993-01-01'},PRIJEM,VKLAD,${change.amount ?? '700.00'},700.00,,,${change.rest ?? ''}`;

let platform: SmallPlatform;
let folder: string;
beforeEach(async () => {
  platform = await SmallPlatform.start();
  folder = mkdtempSync(join(tmpdir(), 'mizan-berka-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await platform.stop();
});

function file(...lines: readonly string[]): string {
  const path = join(folder, 'movements.csv');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
const importing = async (path: string, args: readonly string[] = [], around?: Surroundings) => {
  const ran = await running(platform, ['import', 'berka', path, '--json', ...args], around);
  return { ...ran, summary: (ran.out ? JSON.parse(ran.out) : null) as Record<string, unknown> };
};
const cash = () => platform.books.get('berka')?.book.account('bank:cash')?.debitsPosted;

it('posts every row once, however often it is imported', async () => {
  const path = file(header, row(1), row(2, { account: '18' }), row(3, { amount: '0.05' }));
  const first = await importing(path);
  expect(first.summary).toMatchObject({
    ledger: 'berka',
    rows: 3,
    posted: 3,
    replayed: 0,
    refused: 0,
    accounts: 3,
    stopped: false,
    position: 7,
  });
  expect(first.code).toBe(0);
  const again = await importing(path);
  expect(again.summary).toMatchObject({ posted: 0, replayed: 3, refused: 0 });
  expect(again.code).toBe(0);
  expect(cash()).toBe(140_005n);
});

it('takes more rows than a batch holds, plain or compressed, and is the same', async () => {
  const rows = Array.from({ length: 2_500 }, (_, i) => row(i + 1, { account: String((i % 40) + 1) }));
  const path = join(folder, 'movements.csv.gz');
  writeFileSync(path, gzipSync([header, ...rows].join('\n')));
  expect((await importing(path)).summary).toMatchObject({ rows: 2_500, posted: 2_500 });
  expect((await importing(file(header, ...rows))).summary).toMatchObject({ posted: 0, replayed: 2_500 });
  expect(cash()).toBe(2_500n * 70_000n);
});

const bad = [
  header,
  row(1),
  row(2, { amount: '-5.00' }),
  row(3, { date: '1993-02-30' }),
  '4,17,1993-01-01',
  row(5, { amount: '1.005' }),
  row(6),
];

it('posts nothing of a file with a bad row, and names each by line and field', async () => {
  const path = file(...bad);
  const { code, err, summary } = await importing(path);
  expect(err.split('\n').slice(0, 4)).toEqual([
    `${path}, line 3, amount: "-5.00" is negative; the type says which way the money goes.`,
    `${path}, line 4, date: "1993-02-30" is not a day such as 1993-01-31.`,
    `${path}, line 5, row: It has 3 fields; 10 were expected.`,
    `${path}, line 6, amount: "1.005" has more than 2 decimal places; CZK has no smaller unit.`,
  ]);
  expect(summary).toMatchObject({ rows: 6, posted: 0, refused: 4, stopped: true, reasons: { amount: 2, date: 1, row: 1 } });
  expect(code).toBe(1);
  expect(platform.books.has('berka')).toBe(false);
});

it('goes on with the good rows where it is told to', async () => {
  const { code, summary } = await importing(file(...bad), ['--on-error', 'continue']);
  expect(summary).toMatchObject({ rows: 6, posted: 2, refused: 4, stopped: false });
  expect(code).toBe(1);
  expect(cash()).toBe(140_000n);
});

it('a row with the id of another and other content is refused by the ledger: the first one counts', async () => {
  const { code, err, summary } = await importing(file(header, row(1), row(1, { amount: '9.00' }), row(1)), ['--on-error', 'continue']);
  expect(err).toContain('line 3, id_conflict: ');
  expect(summary).toMatchObject({ posted: 1, replayed: 1, refused: 1, reasons: { id_conflict: 1 } });
  expect(code).toBe(3);
  expect(cash()).toBe(70_000n);
});

it('counts the first of two rows with one id also where they lie a batch apart', async () => {
  const rows = Array.from({ length: 1_000 }, (_, i) => row(i + 1));
  platform.troubles.push(problem('overloaded', 'Busy.'), problem('overloaded', 'Busy.'));
  const { summary } = await importing(file(header, ...rows, row(1_000, { amount: '9.00' })), ['--on-error', 'continue']);
  expect(summary).toMatchObject({ posted: 1_000, refused: 1, reasons: { id_conflict: 1 } });
  expect(cash()).toBe(70_000_000n);
});

it('stops where the ledger refuses a row, and says so', async () => {
  const rows = Array.from({ length: 9_000 }, (_, i) => row(i + 2));
  const { code, err, summary } = await importing(file(header, row(1), row(1, { amount: '9.00' }), ...rows));
  expect(err).toContain('Stopped');
  expect(summary.stopped).toBe(true);
  expect(summary.posted).toBeLessThan(9_000);
  expect(code).toBe(3);
});

it('goes through overload and broken lines, and posts each row once', async () => {
  platform.troubles.push(problem('too_many_requests', 'Slowly.'), 'hangUp', 'hangUp', problem('outcome_unknown', 'Not known yet.'));
  const { code, summary } = await importing(file(header, row(1), row(2)));
  expect(summary).toMatchObject({ rows: 2, refused: 0 });
  expect(Number(summary.posted) + Number(summary.replayed)).toBe(2);
  expect(code).toBe(0);
  expect(cash()).toBe(140_000n);
});

it('says with 6 that an outcome stayed unknown, after all tries', async () => {
  platform.openLedger('berka');
  platform.troubles.push(...Array.from({ length: 20 }, () => 'hangUp' as const));
  expect((await importing(file(header, row(1)))).code).toBe(6);
});

it('says that what was posted stays, when interrupted', async () => {
  const interrupted = new AbortController();
  platform.troubles.push(problem('overloaded', 'Busy.'), problem('overloaded', 'Busy.'));
  setTimeout(() => interrupted.abort(), 50);
  const rows = Array.from({ length: 20_000 }, (_, i) => row(i + 1));
  const { code, err } = await importing(file(header, ...rows), [], { signal: interrupted.signal });
  expect(err).toContain('What was posted stays');
  expect(code).toBe(130);
});

it('checks a file alone with --dry-run, with no server at all', async () => {
  const { code, out } = await running(null, ['import', 'berka', file(...bad), '--dry-run', '--json']);
  expect(JSON.parse(out)).toMatchObject({ rows: 6, posted: 0, refused: 4 });
  expect(code).toBe(1);
});

it('knows every row of its own copy', async () => {
  const { code, out } = await running(null, ['import', 'berka', '--dry-run', '--json']);
  expect(JSON.parse(out)).toMatchObject({ rows: 49_102, refused: 0, accounts: 1_229 + 18 });
  expect(code).toBe(0);
});

it.each([
  ['a file that is not there', () => join(folder, 'nothing.csv'), 'cannot be opened'],
  ['an empty file', () => (writeFileSync(join(folder, 'empty'), ''), join(folder, 'empty')), 'is empty'],
  ['another file', () => file('a,b', '1,2'), 'line 1: no column trans_id, account_id'],
  [
    'a damaged archive',
    () => (writeFileSync(join(folder, 'half.gz'), gzipSync(header + row(1)).subarray(0, 40)), join(folder, 'half.gz')),
    'cannot be read',
  ],
  ['a line without end', () => file(header, 'x'.repeat(100_000)), 'cannot be read'],
])('names %s, and makes no ledger for it', async (_, path, why) => {
  const { code, err } = await importing(path());
  expect(err).toContain(why);
  expect(code).toBe(1);
  expect(platform.books.has('berka')).toBe(false);
});

it('ends a table in a terminal with the counts', async () => {
  const { out, err } = await running(platform, ['import', 'berka', file(header, row(1))], { isTTY: true });
  expect(out).toMatch(/rows read +1\n/);
  expect(out).toMatch(/posted +1\n/);
  expect(err).toContain('100%  1 of 1 rows');
});
