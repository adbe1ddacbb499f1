import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialBalanceBody } from '@mizan/contracts';
import { MizanClient } from '@mizan/client';
import { type AccountType, accountTypes, textFault } from '@mizan/ledger';
import { formatDecimal } from '@mizan/money';
import { type AccountingTools, type ToolRun, accountingTools } from '@mizan/testing';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { type Ran, running } from '../running.fixture.js';
import { SmallPlatform } from '../small-platform.fixture.js';
import { accountName } from './account-name.js';
import { commodityOf } from './commodity.js';
import { type Expected, type Misprint, proofRead } from './proof-reader.js';
import { openRichBook } from './rich-book.fixture.js';

const found = await accountingTools();
const tools = found as AccountingTools;
/** Balances by account: an amount with all its decimal places, and a commodity. An account without movement may be missing. */
type Balances = ReadonlyMap<string, string>;

let platform: SmallPlatform;
let folder: string;
const mizan = (...args: string[]): Promise<Ran> => running(platform, ['export', ...args]);

// Where a tool is missing, one line says so in place of all that needs it.
const leftOut = it.skip;
if (found instanceof Error) leftOut(`needs outside tools: ${found.message}`, () => undefined);
else {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mizan-tools-'));
    platform = await SmallPlatform.start();
  });
  afterEach(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true });
  });
  describe('an export', () => {
    agreement();
  });
  describe('a fault in an export', () => {
    faults();
  });
}

function agreement(): void {
  it('is accepted by hledger, ledger and beancount, which find the balances of the trial balance', async () => {
    openRichBook(platform);
    const out = await exported('shop');
    await expectAgreement(out, await trialBalance('shop'));
    const tagged = await tools.hledger('-f', join(out, 'main.journal'), 'print', 'tag:reverses=^d4$', '-O', 'csv');
    expect(parse(tagged.out, { columns: true })).toHaveLength(2);
    expect((await tools.hledger('-f', join(out, 'main.journal'), 'print', 'tag:date', '-O', 'csv')).out.split('\n')).toHaveLength(2);
  }, 60_000);

  it('of any book whatever is accepted, with the balances of the trial balance', async () => {
    let books = 0;
    let entries = 0;
    await fc.assert(
      fc.asyncProperty(anyBook, async ({ accounts, operations }) => {
        const ledger = `book-${(books += 1)}`;
        platform.openLedger(ledger);
        for (const asset of assets) platform.books.get(ledger)!.book.defineAsset(...asset);
        for (const operation of [...accounts, ...operations]) platform.operate(ledger, operation);
        const out = await exported(ledger);
        await expectAgreement(out, await trialBalance(ledger));
        entries += (JSON.parse(readFileSync(join(out, 'export.json'), 'utf8')) as { entries: number }).entries;
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(entries).toBeGreaterThan(50);
  }, 300_000);

  it('of sums longer than beancount can count is refused for beancount, and exact in hledger', async () => {
    platform.openLedger('shop');
    platform.books.get('shop')!.book.defineAsset('ETH', 18);
    platform.operate('shop', { op: 'open', id: 'wallet', type: 'asset', asset: 'ETH' });
    platform.operate('shop', { op: 'open', id: 'owed', type: 'liability', asset: 'ETH' });
    for (const [id, amount] of [['a', '123456789012345678901123456789012345678'] as const, ['b', '1'] as const])
      platform.operate('shop', { op: 'transfer', id, debit: 'wallet', credit: 'owed', amount });
    const refused = await mizan('beancount', '--out', join(folder, 'beancount'));
    expect(refused.err).toContain('beancount counts with 28 digits and would round ETH');
    expect(refused.code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    const out = join(folder, 'hledger');
    expect((await mizan('hledger', '--out', out)).code).toBe(0);
    expect(await accepted(tools.hledger('-f', join(out, 'main.journal'), 'check', '--strict'))).toBe('');
    expect((await hledgerBalances(out)).get('Assets:Wallet')).toBe('123456789012345678901.123456789012345679 ETH');
  }, 60_000);
}

/** Each is planted into a good export; somebody must refuse it, and it is said who does not. */
function faults(): void {
  let out: string;
  let expected: Expected;
  const entries = (): string => join(out, 'entries');
  const strict = (): Promise<ToolRun> => tools.hledger('-f', join(out, 'main.journal'), 'check', '--strict');
  const ordered = (): Promise<ToolRun> =>
    tools.hledger('-f', join(out, 'main.journal'), 'check', '-s', 'ordereddates', 'accounts', 'commodities');
  const beanCheck = (): Promise<ToolRun> => tools.beanCheck(join(out, 'main.beancount'));
  const plant = (file: string, what: string | RegExp, instead: string): void => {
    const text = readFileSync(join(out, file), 'utf8');
    const planted = text.replace(what, instead);
    expect(planted).not.toBe(text);
    writeFileSync(join(out, file), planted);
  };

  beforeEach(async () => {
    openRichBook(platform);
    out = await exported('shop');
    const { book } = platform.books.get('shop')!;
    const accounts = [...book.accounts.values()].map(
      ({ id, type, asset, exponent, debitsPosted, creditsPosted }) =>
        [accountName(type, id), { asset, exponent, balance: debitsPosted - creditsPosted }] as const,
    );
    expected = { entries: 11, accounts: new Map(accounts) };
    await proofRead(entries(), expected);
  });

  const january = 'entries/2026-01.journal';
  /** What our own reader says of it. */
  const misprint = (): Promise<string> =>
    proofRead(entries(), expected).then(
      () => '',
      (error: unknown) => (error as Misprint).message,
    );

  it('one space before an amount: hledger takes both for an account, unless it is strict', async () => {
    plant(january, /(Assets:Wallet) +(\S+ ETH)/, '$1 $2');
    expect(await accepted(tools.hledger('-f', join(out, january), 'check'))).toBe('');
    expect(await refused(strict())).toContain('account:    Assets:Wallet');
    const withoutAssertions = tools.hledger('-f', join(out, 'main.journal'), '-I', 'check', '--strict');
    expect(await refused(withoutAssertions)).toMatch(/Wallet 1\.234567890123456789 ETH/);
    expect(await misprint()).toMatch(/2026-01\.journal, line 2: this is not a posting/);
  }, 60_000);

  it('a balance that is wrong by a hundredth: beancount takes it for equal, unless its tolerance is zero', async () => {
    plant('main.beancount', 'Bank:Cash  1234571.86 ~ 0', 'Bank:Cash  1234571.87 ~ 0');
    expect(await refused(beanCheck())).toContain("Balance failed for 'Assets:Bank:Cash'");
    plant('main.beancount', '1234571.87 ~ 0', '1234571.87');
    plant('main.beancount', /option "inferred_.*\noption "tolerance_.*\n/, '');
    expect(await accepted(beanCheck())).toBe('');
  }, 60_000);

  it('a posting without an amount: every tool fills it in', async () => {
    plant(january, /(Assets:Wallet) +\S+ ETH/, '$1');
    expect(await accepted(strict())).toBe('');
    expect(await accepted(beanCheck())).toBe('');
    expect(await misprint()).toMatch(/2026-01\.journal, line 2: this is not a posting/);
  }, 60_000);

  it('more decimal places than the asset has: both tools take them', async () => {
    plant('entries/2026-02.journal', '1.234 KWD', '1.2340 KWD');
    plant('entries/2026-02.journal', '-1.234 KWD', '-1.2340 KWD');
    expect(await accepted(strict())).toBe('');
    expect(await accepted(beanCheck())).toBe('');
    expect(await misprint()).toMatch(/2026-02\.journal, line 10: KWD has 3 decimal places, not 4/);
  }, 60_000);

  it('entries that are not in the order of their days', async () => {
    const [first, second, ...others] = readFileSync(join(out, january), 'utf8').split(/(?<=\n\n)/);
    writeFileSync(join(out, january), [second, first, ...others].join(''));
    expect(await accepted(strict())).toBe('');
    expect(await refused(ordered())).toMatch(/2026-01-01/);
    expect(await misprint()).toMatch(/line 5: 2026-01-01, position 24 follows 2026-01-02, position 25/);
  }, 60_000);

  it('a closing balance of beancount on the day of the last entry: it is checked before that day begins', async () => {
    const [next] = /\d{4}-\d\d-\d\d(?= balance)/.exec(readFileSync(join(out, 'main.beancount'), 'utf8'))!;
    const day = new Date(Date.parse(next) - 86_400_000).toISOString().slice(0, 10);
    plant('main.beancount', new RegExp(`${next} balance`, 'g'), `${day} balance`);
    expect(await refused(beanCheck())).toContain('Balance failed');
  }, 60_000);

  it('a comment that ledger --pedantic takes for a tag that it does not know: ours are none', async () => {
    const pedantic = (): Promise<ToolRun> => tools.ledger('-f', join(out, 'main.journal'), '--pedantic', 'balance');
    expect((await pedantic()).code).toBe(0);
    plant(january, ' ; position:', '\n  ; position: ');
    expect(await refused(pedantic())).toContain("Unknown metadata tag 'position'");
    expect(await misprint()).toMatch(/line 1: this is not the first line of an entry/);
  }, 60_000);

  it.each<[string, string, RegExp | string, string, RegExp]>([
    ['an amount that was changed on both sides', january, /40 (?=POINTS_C)/g, '41 ', /closes at -?41 minor units, not at -?40/],
    ['an amount that was changed on one side', january, '-40 POINTS_C', '-41 POINTS_C', /the entry's POINTS2 add up to -1 minor units/],
    ['an entry that is missing', january, /^.*entry:p1\n.*\n.*\n\n/m, '', /10 entries were written, not 11/],
    [
      'an entry that stands there twice',
      january,
      /^(.*entry:p1\n.*\n.*\n\n)/m,
      '$1$1',
      /2026-01-02, position 25 follows 2026-01-02, position 25/,
    ],
    [
      'an account that nobody opened',
      january,
      'Expenses:Points:Given',
      'Expenses:Points:Givem',
      /there is no account Expenses:Points:Givem/,
    ],
    ['another asset', january, /POINTS_C/g, 'JPY', /Expenses:Points:Given holds POINTS2, not JPY/],
  ])(
    '%s',
    async (_, file, what, instead, problem) => {
      plant(file, what, instead);
      expect(await misprint()).toMatch(problem);
      expect(await refused(strict())).not.toBe('');
      expect(await refused(beanCheck())).not.toBe('');
    },
    60_000,
  );

  it.each<[string, RegExp | string, string, RegExp]>([
    ['that ends within an entry', /\n\n$/, '\n', /the file ends within an entry/],
    ['with an entry of another month', /2026-01-31/, '2026-02-01', /2026-02-01 stands in the file of 2026-01/],
    ['with a posting of nothing', /0\.40 TRUE_X/g, '0.00 TRUE_X', /a posting moves nothing/],
    ['with an entry of one posting', /\n {2}Equity:True:Owed.*/, '', /at least two postings/],
    ['with a narration that can be read in two ways', '"one wei', '"%41 wei', /the narration could be read in two ways/],
    ['with a narration that does not end', /and some"/, 'and some', /this is not the first line of an entry/],
    ['with an empty line too many', /\n\n/, '\n\n\n', /an empty line that ends no entry/],
  ])('a file %s', async (_, what, instead, problem) => {
    plant(january, what, instead);
    expect(await misprint()).toMatch(problem);
  });
}

async function exported(ledger: string): Promise<string> {
  const out = join(folder, ledger);
  const { code, err } = await mizan('hledger', 'beancount', '--out', out, '--ledger', ledger);
  expect({ code, err }).toMatchObject({ code: 0 });
  return out;
}

async function expectAgreement(out: string, expected: Balances): Promise<void> {
  const journal = join(out, 'main.journal');
  expect(await accepted(tools.hledger('-f', journal, 'check', '--strict'))).toBe('');
  expect(await accepted(tools.hledger('-f', journal, 'check', '-s', 'ordereddates', 'accounts', 'commodities'))).toBe('');
  expect(await accepted(tools.beanCheck(join(out, 'main.beancount')))).toBe('');
  expect(await hledgerBalances(out)).toEqual(expected);
  expect(await beancountBalances(out)).toEqual(expected);
  expect(await ledgerBalances(out)).toEqual(expected);
}

/** The API's trial balance: accounts that have a balance, under the names of the export. */
async function trialBalance(ledger: string): Promise<Balances> {
  const client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  const { accounts, totals }: TrialBalanceBody = await client.trialBalance(ledger);
  await client.close();
  const exponents = new Map(totals.map(({ asset, exponent }) => [asset, exponent]));
  return balancesOf(
    accounts.map(({ account, type, asset, debits, credits }) => [
      accountName(type, account),
      formatDecimal(BigInt(debits) - BigInt(credits), exponents.get(asset)!),
      commodityOf(asset),
    ]),
  );
}

async function hledgerBalances(out: string): Promise<Balances> {
  const { out: csv } = await tools.hledger('-f', join(out, 'main.journal'), 'balance', '-N', '--flat', '-O', 'csv');
  return balancesOf((parse(csv, { from_line: 2 }) as [string, string][]).map(([name, balance]) => [name, ...amountOf(balance)]));
}

async function beancountBalances(out: string): Promise<Balances> {
  const { out: lines, err } = await tools.beancountBalances(join(out, 'main.beancount'));
  expect(err).toBe('');
  return balancesOf(parse(lines, { delimiter: '\t', quote: null }) as [string, string, string][]);
}

async function ledgerBalances(out: string): Promise<Balances> {
  const format = ['--flat', '--empty', '--no-total', '--format', '%(account)\\t%(amount)\\n'];
  const { out: lines, err } = await tools.ledger('-f', join(out, 'main.journal'), 'balance', ...format);
  expect(err).toBe('');
  return balancesOf(
    (parse(lines, { delimiter: '\t', quote: null }) as [string, string][]).map(([name, amount]) => [name, ...amountOf(amount)]),
  );
}

const amountOf = (text: string): [string, string] => [text.split(' ')[0]!, text.split(' ')[1] ?? ''];
const balancesOf = (rows: readonly (readonly [name: string, amount: string, commodity: string])[]): Balances =>
  new Map(rows.filter(([, amount]) => /[1-9]/.test(amount)).map(([name, amount, commodity]) => [name, `${amount} ${commodity}`]));

async function accepted(run: Promise<ToolRun>): Promise<string> {
  const { code, out, err } = await run;
  return code === 0 ? '' : `code ${code}: ${out}${err}`;
}
async function refused(run: Promise<ToolRun>): Promise<string> {
  const { code, out, err } = await run;
  expect(code).not.toBe(0);
  return out + err;
}

const assets: [string, number][] = [
  ['CZK', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['ETH', 18],
  ['POINTS2', 0],
  ['A0B9', 7],
  ['TRUE', 2],
  ['X', 1],
];
const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,6}$/);
const accountId = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(':'));
const words = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }))
  .filter((text) => textFault(text, 256) === null);

/** Accounts of any names, types and assets, some below others, and operations on them; whatever a rule refuses moves nothing. */
const anyBook = fc
  .record({
    ids: fc.uniqueArray(accountId, { minLength: 2, maxLength: 9 }),
    some: fc.subarray(assets, { minLength: 1, maxLength: 3 }),
    kinds: fc.array(fc.tuple(fc.constantFrom<AccountType>(...accountTypes), fc.nat(2)), { minLength: 18, maxLength: 18 }),
    moves: fc.array(
      fc.record({
        op: fc.constantFrom('transfer', 'transfer', 'transfer', 'hold', 'capture', 'reverse'),
        debit: fc.nat(17),
        credit: fc.nat(17),
        amount: fc.bigInt({ min: 1n, max: 10n ** 24n }),
        day: fc.date({ min: new Date('2019-12-30T00:00:00Z'), max: new Date('2020-03-02T00:00:00Z'), noInvalidDate: true }),
        reference: fc.option(words),
        earlier: fc.nat(20),
      }),
      { minLength: 10, maxLength: 30 },
    ),
  })
  .map(({ ids, some, kinds, moves }) => {
    const all = [...ids, ...ids.map((id) => `${id}:below`)].slice(0, 18).filter((id, i, list) => list.indexOf(id) === i);
    const accounts = all.map((id, i) => ({ op: 'open', id, type: kinds[i]![0], asset: some[kinds[i]![1] % some.length]![0] }));
    const operations = moves.map(({ op, debit, credit, amount, day, reference, earlier }, i) => {
      const from = accounts[debit % accounts.length]!;
      const others = accounts.filter(({ asset, id }) => asset === from.asset && id !== from.id);
      const to = others[credit % Math.max(1, others.length)] ?? from;
      const id = `m${i}`;
      if (op === 'capture') return { op, id, hold: `m${earlier}` };
      if (op === 'reverse') return { op, id, entry: `m${earlier}` };
      const legs = { debit: from.id, credit: to.id, amount: String(amount) };
      if (op === 'hold') return { op, id, ...legs };
      return { op, id, ...legs, effectiveAt: day.toISOString(), ...(reference === null ? {} : { reference }) };
    });
    return { accounts, operations };
  });
