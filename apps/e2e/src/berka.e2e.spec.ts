import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MizanClient } from '@mizan/client';
import type { AccountBody, StatementBody } from '@mizan/contracts';
import { type AccountingTools, type Platform, accountingTools, runPlatform, testBus } from '@mizan/testing';
import { parse } from 'csv-parse/sync';
import { type Movement, balances, crowns, drifts, readHistory } from './berka-history.js';
import { mizan } from './mizan.js';

const LEDGER = 'berka';
const LAST_DAY = '1994-03-31';
const ROUNDING = 100n;

const found = await accountingTools();
const withTools = found instanceof Error ? it.skip : it;

let platform: Platform;
let client: MizanClient;
let history: readonly Movement[];
let position: number;

beforeAll(async () => {
  history = readHistory();
  platform = await runPlatform({ environment: { BUS: testBus() } });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  ({ position } = await client.ledger(LEDGER));
}, 300_000);
afterAll(async () => {
  await client?.close();
  await platform?.stop();
}, 60_000);

it('finds the balance of all 1,229 clients equal to the exact sum of their movements', async () => {
  const expected = balances(history);
  expect(expected.size).toBe(1_229);
  const wrong: string[] = [];
  let seen = 0;
  for await (const { id, balances } of client.accounts(LEDGER, { prefix: 'clients:', minPosition: position })) {
    seen += 1;
    if (balances.posted !== String(expected.get(id))) wrong.push(`${id}: ${balances.posted}, not ${expected.get(id)}`);
  }
  expect(wrong).toEqual([]);
  expect(seen).toBe(1_229);
}, 60_000);

it('finds the other side of every movement in the bank’s own accounts, and the book zero', async () => {
  const { accounts, totals } = await client.trialBalance(LEDGER, { minPosition: position });
  const moved = (isCredit: boolean): bigint => history.reduce((sum, one) => (one.isCredit === isCredit ? sum + one.amount : sum), 0n);
  const ofBank = accounts.filter(({ account }) => account.startsWith('bank:'));
  expect(ofBank.reduce((sum, { debits }) => sum + BigInt(debits), 0n)).toBe(moved(true));
  expect(ofBank.reduce((sum, { credits }) => sum + BigInt(credits), 0n)).toBe(moved(false));
  const interest = history.reduce((sum, { isInterest, amount }) => (isInterest ? sum + amount : sum), 0n);
  expect(ofBank.find(({ account }) => account === 'bank:interest-paid')).toMatchObject({ debits: String(interest), credits: '0' });
  expect(totals).toEqual([
    { asset: 'CZK', exponent: 2, debits: String(moved(true) + moved(false)), credits: String(moved(true) + moved(false)) },
  ]);
}, 60_000);

it('finds the bank’s own column within its rounding on every day that the file holds whole', () => {
  const out = [...drifts(history, (date) => date < LAST_DAY)].filter(([, drift]) => drift > ROUNDING);
  expect(out).toEqual([]);
});

it('lists where the bank’s own column differs by more than its rounding: the file ends within its last day', () => {
  const out = [...drifts(history, () => true)].filter(([, drift]) => drift > ROUNDING);
  const withInterest = new Set(history.filter(({ date, isInterest }) => date === LAST_DAY && isInterest).map(({ account }) => account));
  const listed = (has: boolean): string[] =>
    out
      .filter(([account]) => withInterest.has(account) === has)
      .map(([account, drift]) => `${account} ${crowns(drift)}`)
      .sort();
  // These were credited interest that day which the column counts and the file lacks, beside other interest that it has.
  expect(listed(true)).toEqual(['clients:10451 107.50', 'clients:11021 192.20']);
  // Of these the file has the fee of that day, booked after an interest that it lacks altogether.
  expect(listed(false)).toHaveLength(26);
  const fees = history.filter(({ date, account }) => date === LAST_DAY && out.some(([one]) => one === account && !withInterest.has(one)));
  expect(fees).toHaveLength(26);
  expect(fees.every(({ isCredit, amount }) => !isCredit && (amount === 1_460n || amount === 3_000n))).toBe(true);
});

describe('a statement', () => {
  const statement = async (account: string, range: { from?: string; to?: string }): Promise<StatementBody> => {
    const pages: StatementBody[] = [];
    for await (const page of client.statement(LEDGER, account, { ...range, minPosition: position })) pages.push(page);
    return { ...pages[0]!, lines: pages.flatMap(({ lines }) => lines) };
  };
  const sumOf = (movements: readonly Movement[]): bigint =>
    movements.reduce((sum, { isCredit, amount }) => sum + (isCredit ? amount : -amount), 0n);

  it.each([
    ['the whole history', '1993-01-01', '1994-04-01'],
    ['a year', '1993-03-15', '1994-03-15'],
    ['a day', '1993-01-31', '1993-02-01'],
  ])(
    'of clients:2378 over %s opens, moves and closes as the file says',
    async (_, from, to) => {
      const mine = history.filter(({ account }) => account === 'clients:2378');
      const { opening, lines, closing } = await statement('clients:2378', { from: `${from}T00:00:00Z`, to: `${to}T00:00:00Z` });
      const within = mine.filter(({ date }) => date >= from && date < to);
      expect(opening).toBe(String(sumOf(mine.filter(({ date }) => date < from))));
      expect(closing).toBe(String(sumOf(mine.filter(({ date }) => date < to))));
      expect(lines).toHaveLength(within.length);
      let balance = BigInt(opening);
      for (const { side, amount, balance: said } of lines) {
        balance += side === 'credit' ? BigInt(amount) : -BigInt(amount);
        expect(said).toBe(String(balance));
      }
      expect(closing).toBe(String(balance));
      expect(lines.map(({ effectiveAt }) => effectiveAt.slice(0, 10))).toEqual(within.map(({ date }) => date));
    },
    60_000,
  );

  it('of the cash account adds up over many pages', async () => {
    const { opening, lines, closing } = await statement('bank:cash', {});
    expect(lines.length).toBeGreaterThan(20_000);
    expect(lines.reduce((sum, { side, amount }) => sum + (side === 'debit' ? BigInt(amount) : -BigInt(amount)), BigInt(opening))).toBe(
      BigInt(closing),
    );
  }, 120_000);
});

describe('the command line', () => {
  it('replays the journal: all equal', async () => {
    const { code, out, err } = await mizan(platform, 'replay');
    expect(err).toBe('');
    expect(out).toContain('49,102\tentries decided again\tequal\n');
    expect(out).toContain('1,247\tlines of the trial balance\tequal\n');
    expect(out).toMatch(/\nall equal at position 50,350 of berka\n$/);
    expect(code).toBe(0);
  }, 120_000);

  withTools(
    'exports the book: hledger and beancount accept it and find every balance of the trial balance',
    async () => {
      const tools = found as AccountingTools;
      const folder = mkdtempSync(join(tmpdir(), 'mizan-berka-'));
      const [journal, beancount] = [join(folder, 'out', 'main.journal'), join(folder, 'out', 'main.beancount')];
      try {
        const { code, err } = await mizan(platform, 'export', 'hledger', 'beancount', '--out', join(folder, 'out'));
        expect(err).toBe('49,102 entries of 1,247 accounts, berka through position 50,350.\n');
        expect(code).toBe(0);
        const checked = await Promise.all([tools.hledger('-f', journal, 'check', '--strict'), tools.beanCheck(beancount)]);
        expect(checked).toEqual(checked.map(() => ({ code: 0, out: '', err: '' })));
        const [ordered, csv, lines] = await Promise.all([
          tools.hledger('-f', journal, 'check', '-s', 'ordereddates', 'accounts', 'commodities'),
          tools.hledger('-f', journal, 'balance', '-N', '--flat', '--empty', '-O', 'csv'),
          tools.beancountBalances(beancount),
        ]);
        expect(ordered).toEqual({ code: 0, out: '', err: '' });
        const expected = await namedBalances();
        expect(expected.size).toBe(1_247);
        expect(new Map(parse(csv.out, { from_line: 2 }) as [string, string][])).toEqual(expected);
        const rows = parse(lines.out, { delimiter: '\t' }) as [string, string, string][];
        expect(new Map(rows.map(([name, amount, asset]) => [name, `${amount} ${asset}`]))).toEqual(expected);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    300_000,
  );

  it('imports the history again, and nothing changes', async () => {
    const { code, out } = await mizan(platform, 'import', 'berka', '--json');
    expect(JSON.parse(out)).toMatchObject({ rows: 49_102, posted: 0, replayed: 49_102, refused: 0, position });
    expect((await client.ledger(LEDGER)).position).toBe(position);
    expect(code).toBe(0);
  }, 120_000);

  it('proves the trial balance, states an account, shows and tails what is posted', async () => {
    const balance = await mizan(platform, 'trial-balance');
    expect(balance.err).toContain('1247 accounts at position 50350: debits and credits are equal (CZK).');
    const stated = await mizan(platform, 'statement', 'clients:2378', '--from', '1993-01-01', '--to', '1994-03-31', '--json');
    expect((JSON.parse(stated.out) as StatementBody).closing).toBe(String(balances(history).get('clients:2378')));

    const transfer = ['--debit', 'bank:cash', '--credit', 'clients:2378', '--amount', '250.00', '--id', 'till-1'];
    expect(await mizan(platform, 'transfer', 'create', ...transfer)).toMatchObject({ code: 0, err: '' });
    expect((await mizan(platform, 'transfer', 'create', ...transfer)).err).toContain('till-1 had been done before');
    const shown = await mizan(platform, 'entries', 'list', '--limit', '1');
    expect(shown.out).toMatch(/\n50351\t.*\ttill-1\tbank:cash\t250\.00\t\tCZK\t\n/);
    const account = await client.account(LEDGER, 'clients:2378', { minPosition: position + 1 });
    expect(account.balances.posted).toBe(String(balances(history).get('clients:2378')! + 25_000n));
  }, 120_000);

  it('finds no account by a mistyped name, but the nearest ones', async () => {
    const { code, err } = await mizan(platform, 'balance', 'clients:23780');
    expect(err).toMatch(/account_not_found: .*clients:2378\b/);
    expect(code).toBe(4);
  });

  it('shows nothing of it to another tenant', async () => {
    const other = { url: platform.url, apiKey: platform.secondTenantApiKey };
    const { code, err } = await mizan(other, 'trial-balance', '--ledger', LEDGER);
    expect(err).toContain('ledger_not_found');
    expect(code).toBe(4);
    const accounts: AccountBody[] = [];
    const stranger = new MizanClient(other);
    await expect(async () => {
      for await (const account of stranger.accounts(LEDGER)) accounts.push(account);
    }).rejects.toMatchObject({ code: 'ledger_not_found' });
    await stranger.close();
    expect(accounts).toEqual([]);
  });
});

/** The trial balance, debits less credits, under the names that plain-text accounting has for these accounts. */
async function namedBalances(): Promise<ReadonlyMap<string, string>> {
  const { accounts } = await client.trialBalance(LEDGER, { minPosition: position });
  const roots = { asset: 'assets', liability: 'liabilities', equity: 'equity', income: 'income', expense: 'expenses' };
  return new Map(
    accounts.map(({ account, type, debits, credits }) => {
      const name = `${roots[type]}:${account}`.replace(/(?<=^|:)[a-z]/g, (letter) => letter.toUpperCase());
      const net = BigInt(debits) - BigInt(credits);
      return [name, `${net < 0n ? '-' : ''}${crowns(net < 0n ? -net : net)} CZK`];
    }),
  );
}
