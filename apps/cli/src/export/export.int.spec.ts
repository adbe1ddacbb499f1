import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryBody, JournalItemBody } from '@mizan/contracts';
import { parse } from 'csv-parse/sync';
import { type Ran, running } from '../running.fixture.js';
import { SmallPlatform } from '../small-platform.fixture.js';
import { openRichBook } from './rich-book.fixture.js';

let platform: SmallPlatform;
let folder: string;
const out = (): string => join(folder, 'out');
const mizan = (...args: string[]): Promise<Ran> => running(platform, ['export', ...args]);
const file = (name: string): string => readFileSync(join(out(), name), 'utf8');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mizan-export-'));
  platform = await SmallPlatform.start();
  openRichBook(platform);
});
afterEach(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

describe('a folder', () => {
  it('holds the entries by month in the order of their days, what both tools open, and the way back from the names', async () => {
    const ran = await mizan('hledger', 'beancount', '--out', out());
    expect(ran.err).toBe('11 entries of 17 accounts, shop through position 31.\n');
    expect(ran).toMatchObject({ code: 0, out: `${out()}\n` });
    expect(readdirSync(out()).sort()).toEqual(['accounts.csv', 'entries', 'export.json', 'main.beancount', 'main.journal']);
    const months = readdirSync(join(out(), 'entries')).sort();
    expect(months.slice(0, 3)).toEqual(['2025-12.journal', '2026-01.journal', '2026-02.journal']);
    expect(
      file('entries/2026-02.journal')
        .replace(/\^[0-9a-f-]{36}/g, '^uuid')
        .split('\n\n'),
    ).toEqual([
      [
        '2026-02-28 * "opening \\"deposit\\" \\\\ of%3B 100%%3B %253B" ^uuid ; position:19, entry:d1',
        '  Assets:Bank:Cash                              1234567.00 CZK',
        '  Liabilities:Clients:17                       -1234567.00 CZK',
      ].join('\n'),
      [
        '2026-02-28 * "=1+1 %3B position:7, date:2020-13-45" ^uuid ; position:21, entry:date:2020-99-99',
        '  Liabilities:Clients:17                              0.01 CZK',
        '  Liabilities:Clients:17:Savings--5F2026--2Ea--2D           -0.01 CZK',
      ].join('\n'),
      [
        '2026-02-28 * "" ^uuid ; position:27, entry:fx-1',
        '  Assets:Till:Kwd                                    1.234 KWD',
        '  Equity:Fx:Kwd                                     -1.234 KWD',
        '  Equity:Fx:Jpy                                        600 JPY',
        '  Assets:Till:Jpy                                     -600 JPY',
      ].join('\n'),
      '',
    ]);
    const today = file(`entries/${months.at(-1)}`);
    expect(today).toMatch(/ \* "a table for two" \^[0-9a-f-]{36} #capture ; position:29, entry:c1, captures:h1\n/);
    expect(today).toMatch(/ \* "" \^[0-9a-f-]{36} #reversal ; position:30, entry:r1, reverses:d4\n/);
    const accounts = parse(file('accounts.csv'), { columns: true }) as Record<string, string>[];
    expect(accounts).toHaveLength(17);
    expect(accounts[0]).toMatchObject({ account: 'Clients:17', name: 'Liabilities:Clients--CASE:17', debits: '0.99', credits: '9.99' });
    expect(accounts.find(({ account }) => account === 'points')).toMatchObject({ asset: 'POINTS2', exponent: '0', commodity: 'POINTS_C' });
    expect(JSON.parse(file('export.json'))).toMatchObject({ ledger: 'shop', position: 31, entries: 11, accounts: 17, erased: 0 });
    expect(statSync(out()).mode & 0o077).toBe(0);
  });

  it('of an empty ledger is an export too', async () => {
    platform.openLedger('empty');
    const ran = await mizan('hledger', 'beancount', 'csv', 'jsonl', '--out', out(), '--ledger', 'empty', '--json');
    expect(JSON.parse(ran.out)).toMatchObject({ folder: out(), entries: 0, accounts: 0, position: 1 });
    expect(file('entries.jsonl')).toBe('');
    expect(file('entries.csv').split('\r\n')).toHaveLength(2);
  });

  it('is not written over another, unless told so and it is an export', async () => {
    expect((await mizan('csv', '--out', out())).code).toBe(0);
    const again = await mizan('jsonl', '--out', out());
    expect(again.err).toMatch(/exists\. Name another folder with --out, or replace it with --force\.\n$/);
    expect(again.code).toBe(1);
    expect((await mizan('jsonl', '--out', out(), '--force')).code).toBe(0);
    expect(readdirSync(out()).sort()).toEqual(['accounts.csv', 'entries.jsonl', 'export.json']);
    const other = join(folder, 'letters');
    mkdirSync(other);
    writeFileSync(join(other, 'mine.txt'), 'mine');
    const refused = await mizan('jsonl', '--out', other, '--force');
    expect(refused.err).toContain('is not an export, and is not replaced');
    expect(readFileSync(join(other, 'mine.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(folder).sort()).toEqual(['letters', 'out']);
  });

  it('is not there, nor anything of it, where the journal cannot be read to its end', async () => {
    platform.lies.journal = (items) => items.filter(({ position }) => position !== 22);
    const ran = await mizan('hledger', 'csv', '--out', out());
    expect(ran.err).toContain('The journal has a gap: position 23 follows 21.');
    expect(ran.code).toBe(1);
    platform.lies.journal = (items) => items.slice(0, -1);
    expect((await mizan('csv', '--out', out())).err).toContain('The journal ends at position 30; shop stands at 31.');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not there when it is interrupted', async () => {
    const interrupted = new AbortController();
    platform.lies.journal = (items) => {
      interrupted.abort();
      return items;
    };
    const ran = await running(platform, ['export', 'hledger', 'jsonl', '--out', out()], { signal: interrupted.signal });
    expect(ran).toMatchObject({ code: 130, out: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('shows how far it is to whoever watches', async () => {
    const { err } = await running(platform, ['export', 'hledger', '--out', out()], { isTTY: true });
    expect(err).toMatch(/100% {2}31 of 31 events/);
    expect(err).toMatch(/100% {2}11 of 11 entries read again/);
  });

  it('is not written from a journal whose balances are not the sums of its postings', async () => {
    const forge = (item: JournalItemBody): JournalItemBody => ({
      ...item,
      event: item.event.replaceAll('"amount":"123456700"', '"amount":"123456701"'),
    });
    platform.lies.journal = (items) => items.map(forge);
    const ran = await mizan('hledger', '--out', out());
    expect(ran.err).toContain(
      'The journal says at position 19 that bank:cash has debits 123456700 and credits 0; its postings add up to 123456701 and 0.',
    );
    expect(existsSync(out())).toBe(false);
  });

  it('cannot be made where nothing can be written', async () => {
    chmodSync(folder, 0o500);
    const file = join(folder, 'file');
    const ran = await mizan('csv', '--out', process.getuid?.() === 0 ? '/dev/null/out' : file);
    chmodSync(folder, 0o700);
    expect(ran.err).toMatch(/^error: .*(ENOTDIR|EACCES)/);
    expect(ran.code).toBe(1);
  });
});

describe('lines', () => {
  const lines = async (): Promise<(EntryBody & { eventId: string; texts: string })[]> =>
    (await mizan('jsonl')).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EntryBody & { eventId: string; texts: string });

  it('of JSON are the entries as the API gives them, in the order of the journal', async () => {
    const entries = await lines();
    expect(entries.map(({ id }) => id)).toEqual(['d1', 'd2', 'date:2020-99-99', 'd4', 'd5', 'e1', 'p1', 't1', 'fx-1', 'c1', 'r1']);
    expect(entries[5]).toMatchObject({
      position: 24,
      effectiveAt: '2026-01-01T12:00:00.000Z',
      reference: 'one wei and some',
      texts: 'kept',
      postings: [
        { account: 'wallet', side: 'debit', amount: '1234567890123456789', asset: 'ETH', exponent: 18 },
        { account: 'wallet:owed', side: 'credit', amount: '1234567890123456789', asset: 'ETH', exponent: 18 },
      ],
    });
    expect(entries[8]?.metadata).toEqual({ rate: '486.2', 'a,b': '"' });
    expect(entries[9]).toMatchObject({ hold: { id: 'h1' }, reverses: null });
    expect(entries[10]).toMatchObject({ hold: null, reverses: 'd4' });
  });

  it('of CSV are postings, each amount in the column of its side; no text is a formula', async () => {
    const ran = await mizan('csv');
    expect(ran.err).toBe('11 entries of 17 accounts, shop through position 31.\n');
    const rows = parse(ran.out, { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(24);
    expect(rows[0]).toMatchObject({
      position: '19',
      entry: 'd1',
      kind: 'transfer',
      effective: '2026-02-28T12:00:00.000Z',
      account: 'bank:cash',
      type: 'asset',
      debit: '1234567.00',
      credit: '',
      asset: 'CZK',
      reference: 'opening "deposit" \\ of; 100%; %3B',
    });
    expect(rows[6]?.reference).toBe("''-5");
    expect(rows[4]?.reference).toBe("'=1+1 ; position:7, date:2020-13-45");
    expect(rows.find(({ entry }) => entry === 'fx-1')?.metadata).toBe('{"rate":"486.2","a,b":"\\""}');
    expect(rows.at(-1)).toMatchObject({ entry: 'r1', kind: 'reversal', of: 'd4', account: 'bank:cash', debit: '', credit: '0.99' });
    expect(rows.find(({ entry }) => entry === 'c1')).toMatchObject({ kind: 'capture', of: 'h1' });
  });

  it('say where texts have been erased', async () => {
    platform.lies.journal = (items) => items.map((item) => ({ ...item, texts: null }));
    const entries = await lines();
    expect(entries.filter(({ texts }) => texts === 'erased').map(({ id }) => id)).toEqual([
      'd1',
      'd2',
      'date:2020-99-99',
      'd4',
      'd5',
      'e1',
      'fx-1',
      'c1',
    ]);
    const ran = await mizan('hledger', '--out', out());
    expect(ran.err).toContain('The texts of 8 had been erased.');
    expect(file('entries/2025-12.journal')).toMatch(/^2025-12-31 \* "" \^[0-9a-f-]{36} ; position:20, entry:d2, texts:erased\n/);
  });

  it('go to stdout when told so, and nothing else does', async () => {
    const ran = await running(platform, ['export', 'jsonl', '--out', '-'], { isTTY: true });
    expect(ran.out.trimEnd().split('\n')).toHaveLength(11);
    const refused = await mizan('hledger', '--out', '-');
    expect(refused.err).toContain('stdout takes csv or jsonl, one of them');
    expect(refused.code).toBe(2);
    expect((await mizan('csv', 'jsonl', '--out', '-')).code).toBe(2);
  });
});

describe('a part of the journal', () => {
  it('ends at a position', async () => {
    const ran = await mizan('jsonl', '--through', '20');
    expect(ran.out.trimEnd().split('\n')).toHaveLength(2);
    expect(ran.err).toBe('2 entries of 17 accounts, shop through position 20.\n');
    const beyond = await mizan('jsonl', '--through', '32');
    expect(beyond.err).toContain('shop stands at position 31; there is no 32 yet.');
    expect(beyond.code).toBe(2);
  });

  it('does not end within what was posted together', async () => {
    platform.lies.journal = (items) =>
      items.map((item) =>
        item.position > 18 && item.position < 22
          ? { ...item, event: item.event.replace('"group":null', '"group":{"first":19,"last":21}') }
          : item,
      );
    const ran = await mizan('jsonl', '--through', '20');
    expect(ran.err).toContain('Position 20 lies within positions 19 to 21, which were posted together: export through 18 or 21.');
    expect(ran.code).toBe(1);
    expect((await mizan('jsonl', '--through', '21')).code).toBe(0);
  });

  it('ends with a day, which is in', async () => {
    const ran = await mizan('hledger', '--to', '2026-01-31', '--out', out());
    expect(ran.err).toContain('6 entries of 17 accounts');
    expect(readdirSync(join(out(), 'entries'))).toEqual(['2025-12.journal', '2026-01.journal']);
    expect(file('main.journal')).toMatch(/\n2026-01-31 \* "closing balances" ; position:31\n/);
    expect(file('main.journal')).toContain('  Assets:Bank:Cash  0.00 CZK = 10.35 CZK\n');
  });
});

it('is explained by help, and knows four forms', async () => {
  expect((await running(null, ['help', 'exports'])).out).toContain('hledger -f books/main.journal check --strict');
  const { code, err } = await mizan('pdf');
  expect(err).toContain('Allowed choices are hledger, beancount, csv, jsonl.');
  expect(code).toBe(2);
});
