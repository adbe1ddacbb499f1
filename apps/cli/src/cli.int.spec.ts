import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Surroundings, running } from './running.fixture.js';
import { SmallPlatform, problem } from './small-platform.fixture.js';

const bin = fileURLToPath(new URL('../bin/mizan.mjs', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));

let platform: SmallPlatform;
beforeEach(async () => {
  platform = await SmallPlatform.start();
  platform.openLedger('shop');
  platform.operate('shop', { op: 'open', id: 'bank:cash', type: 'asset', asset: 'CZK' });
  platform.operate('shop', { op: 'open', id: 'clients:17', type: 'liability', asset: 'CZK', minBalance: '0' });
});
afterEach(() => platform.stop());

const mizan = (args: string, around?: Surroundings) => running(platform, args.split(' '), around);
const deposit = (id: string, amount: string, more: object = {}): void =>
  void platform.operate('shop', { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:17', amount, ...more });

describe('what is read', () => {
  beforeEach(() => {
    deposit('d1', '123456700', { effectiveAt: '1993-01-01T00:00:00Z', reference: 'opening deposit' });
    deposit('d2', '5', { effectiveAt: '1994-03-31T12:00:00Z' });
    platform.operate('shop', {
      op: 'transfer',
      id: 'w1',
      debit: 'clients:17',
      credit: 'bank:cash',
      amount: '1',
      effectiveAt: '1994-04-01T00:00:00Z',
    });
  });

  it('is a table for a terminal, tabs for a pipe, minor units in JSON', async () => {
    expect((await mizan('balance clients:17', { isTTY: true })).out.split('\n')[1]).toMatch(
      /^clients:17 +CZK +1,234,567\.04 +0\.00 +1,234,567\.04 /,
    );
    expect((await mizan('balance clients:17')).out).toBe(
      'account\tasset\tposted\theld\tavailable\tdebits\tcredits\tposition\nclients:17\tCZK\t1234567.04\t0.00\t1234567.04\t0.01\t1234567.05\t6\n',
    );
    expect(JSON.parse((await mizan('balance clients:17 --json')).out)).toMatchObject({ exponent: 2, balances: { posted: '123456704' } });
  });

  it('is a statement from the start of one day to the end of another: opening, lines, closing', async () => {
    const { code, out } = await mizan('statement clients:17 --from 1993-01-02 --to 1994-03-31');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').slice(1)).toEqual([
      '1993-01-02T00:00:00.000Z\t\topening\t\t\t\t1234567.00',
      '1994-03-31T12:00:00.000Z\td2\t\tbank:cash\t\t0.05\t1234567.05',
      '1994-04-01T00:00:00.000Z\t\tclosing\t\t0.00\t0.05\t1234567.05',
    ]);
    const csv = await mizan('statement clients:17 --format csv');
    expect(csv.out.split('\r\n')[2]).toBe('1993-01-01T00:00:00.000Z,d1,opening deposit,bank:cash,,1234567.00,1234567.00');
    const document = JSON.parse((await mizan('statement clients:17 --format json')).out) as { lines: unknown[]; closing: string };
    expect(document.lines).toHaveLength(3);
    expect(document.closing).toBe('123456704');
    expect((await mizan('statement clients:17 --jsonl')).out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('is of the past: what counts by a day or a moment, as it was known then', async () => {
    const posted = async (flags: string) => (await mizan(`balance clients:17 ${flags}`)).out.split('\n')[1]?.split('\t')[2];
    expect(await posted('--at 1993-01-01')).toBe('1234567.00');
    expect(await posted('--at 1992-12-31')).toBe('0.00');
    expect(await posted('--at 1994-03-31T12:00:00Z')).toBe('1234567.05');
    expect(await posted('--at 1994-03-31T11:59:59.999Z')).toBe('1234567.00');
    expect(await posted('--known 2999-01-01')).toBe('1234567.04');
    expect((await mizan('balance clients:17 --known 1999-01-01')).code).toBe(4);
    const statement = await mizan('statement clients:17 --at 1994-03-31T12:00:00Z --known 2999-01-01T00:00:00Z');
    expect(statement.code).toBe(0);
    expect(statement.out.trimEnd().split('\n').at(-1)).toBe('1994-03-31T12:00:00.001Z\t\tclosing\t\t0.00\t1234567.05\t1234567.05');
    const trial = await mizan('trial-balance --at 1993-12-31');
    expect(trial.out.trimEnd().split('\n').at(-1)).toBe('total\t\tCZK\t1234567.00\t1234567.00');
    for (const wrong of [
      'balance clients:17 --at yesterday',
      'trial-balance --known 1993-02-30',
      'statement clients:17 --at 1993-01-01 --to 1993-01-01',
    ])
      expect((await mizan(wrong)).code).toBe(2);
  });

  it('is a trial balance with each balance on its side, and its proof', async () => {
    const { code, out, err } = await mizan('trial-balance');
    expect(out.trimEnd().split('\n').slice(1)).toEqual([
      'bank:cash\tasset\tCZK\t1234567.04\t',
      'clients:17\tliability\tCZK\t\t1234567.04',
      'total\t\tCZK\t1234567.04\t1234567.04',
    ]);
    expect(err).toContain('debits and credits are equal (CZK)');
    expect(code).toBe(0);
  });

  it('fails with 7 where a trial balance is not zero', async () => {
    platform.lies.trialBalance = (body) => ({ ...body, accounts: body.accounts.slice(1) });
    const { code, err } = await mizan('trial-balance');
    expect(err).toContain('The book is not zero: debits less credits are -1234567.04 CZK.');
    expect(code).toBe(7);
  });

  it('is the journal, newest entries or from a position, each posting on a row', async () => {
    expect((await mizan('entries list --limit 1')).out.split('\n')[1]).toMatch(/^6\t.*\tw1\tclients:17\t0\.01\t\tCZK\t$/);
    expect((await mizan('entries list --after 0 --limit 1')).out.split('\n')[2]).toMatch(
      /^4\t.*\td1\tclients:17\t\t1234567\.00\tCZK\topening deposit$/,
    );
    expect((await mizan('entries list --account bank:cash --jsonl')).out.trimEnd().split('\n')).toHaveLength(3);
    expect((await mizan('transfer show d2')).out.split('\n')[1]).toMatch(/^5\t.*\td2\tbank:cash\t0\.05\t\tCZK\t$/);
  });

  it('is searched by what entries say', async () => {
    const found = async (flags: string) =>
      JSON.parse((await mizan(`entries list ${flags} --json`)).out).map(({ id }: { id: string }) => id);
    const all = await found('--account bank:cash');
    expect(all.length).toBeGreaterThan(1);
    expect(await found('--account bank:cash --order oldest')).toEqual([...all].reverse());
    expect(await found('--account bank:cash --side credit')).toEqual(['w1']);
    expect(await found(`--metadata nothing=here`)).toEqual([]);
    expect(await found('--limit 2')).toEqual(all.slice(0, 2));
    expect(await mizan('entries list --after 0 --order newest')).toMatchObject({
      code: 2,
      err: expect.stringContaining('takes no --order'),
    });
    expect(await mizan('entries list --side debit')).toMatchObject({ code: 2, err: expect.stringContaining('--account') });
  });

  it('is a live tail, until interrupted', async () => {
    const interrupted = new AbortController();
    setTimeout(() => deposit('d3', '70000'), 100);
    const watch = (out: string): void => (out.includes('"d3"') ? interrupted.abort() : undefined);
    const { code, out } = await mizan('entries tail --json', { signal: interrupted.signal, watch });
    expect(JSON.parse(out)).toMatchObject({ id: 'd3', position: 7 });
    expect(code).toBe(130);
  });

  it('says how the services are and how far the read models have come', async () => {
    const { code, out } = await mizan('status');
    expect(out).toContain('transfers\tready\t1.0.0');
    expect(out).toContain('shop\t6\t6\t0');
    expect(code).toBe(0);
  });
});

describe('a transfer', () => {
  it('prints its id before it is sent, and the entry', async () => {
    platform.troubles.push(problem('internal_error', 'It broke.'));
    const failed = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 250.00');
    expect(failed.err).toMatch(/^id cli:[\w-]{16}\n/);
    expect(failed.code).toBe(1);
    const { code, out } = await mizan(
      'transfer create --debit bank:cash --credit clients:17 --amount 250.00 --reference rent --metadata order=17',
    );
    expect(out.split('\n')[1]).toMatch(/\tbank:cash\t250\.00\t\tCZK\trent$/);
    expect(code).toBe(0);
  });

  it('goes through overload and a broken line, once', async () => {
    platform.troubles.push(problem('overloaded', 'Busy.'), 'hangUp');
    const { code, err } = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 1 --id t-1');
    expect(code).toBe(0);
    expect(err).toBe('t-1 had been done before; nothing was done again.\n');
    expect((await mizan('balance clients:17')).out).toContain('\t1.00\t');
  });

  it('whose outcome nobody knows ends with 6', async () => {
    platform.troubles.push(...Array.from({ length: 9 }, () => problem('outcome_unknown', 'Not known yet.')));
    const { code, err } = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 1 --id t-1');
    expect(err).toContain('outcome_unknown');
    expect(code).toBe(6);
  });

  it('that a rule refuses ends with 3 and the code', async () => {
    const { code, err } = await mizan('transfer create --debit clients:17 --credit bank:cash --amount 1');
    expect(err).toContain('insufficient_funds');
    expect(code).toBe(3);
  });

  it('with a mistyped account ends with 4 and the nearest names, and spends no id', async () => {
    const { code, err } = await mizan('transfer create --debit bank:cash --credit clients:71 --amount 1 --id t-1');
    expect(err).toContain('account_not_found');
    expect(err).toContain('Did you mean clients:17?');
    expect(code).toBe(4);
    expect((await mizan('balance clients:71')).code).toBe(4);
    expect(platform.books.get('shop')?.journal).toHaveLength(3);
  });

  it('with an amount finer than its asset is wrong usage', async () => {
    const { code, err } = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 1.005');
    expect(err).toContain('1.005 is too fine: CZK has 2 decimal places.');
    expect(code).toBe(2);
  });

  it('is only shown with --dry-run', async () => {
    const { out } = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 2.50 --id t-1 --dry-run');
    expect(JSON.parse(out)).toEqual({ ledger: 'shop', id: 't-1', debit: 'bank:cash', credit: 'clients:17', amount: '250' });
    expect(platform.books.get('shop')?.journal).toHaveLength(3);
  });
});

describe('what takes longer than a moment, and what is taken back', () => {
  beforeEach(() => deposit('d1', '100000'));
  const row = (out: string): string[] => out.split('\n')[1]!.split('\t');

  it('is held, captured in parts, released', async () => {
    const placed = await mizan(
      'hold create --debit clients:17 --credit bank:cash --amount 250.00 --id h1 --expires-at 2099-01-01 --reference order --metadata a=1',
    );
    expect([placed.code, placed.err, row(placed.out)]).toEqual([
      0,
      '',
      ['h1', 'placed', 'clients:17', 'bank:cash', 'CZK', '250.00', '0.00', '0.00', '250.00', '2099-01-01T00:00:00.000Z', 'order'],
    ]);
    expect((await mizan('hold capture h1 --amount 100 --keep-rest --id c1')).out.split('\n')[1]).toMatch(
      /\tc1\tclients:17\t100\.00\t\tCZK\torder$/,
    );
    const released = await mizan('hold release h1');
    expect(released.err).toMatch(/^id cli:[\w-]{16}\n$/);
    expect(row(released.out).slice(1, 9)).toEqual(['released', 'clients:17', 'bank:cash', 'CZK', '250.00', '100.00', '150.00', '0.00']);
    expect(JSON.parse((await mizan('hold show h1 --json')).out)).toMatchObject({ captured: '10000', metadata: { a: '1' } });
    expect(await mizan('hold capture h1')).toMatchObject({ code: 3, err: expect.stringContaining('hold_released') });
    expect((await mizan('hold show none')).code).toBe(4);
    expect(row((await mizan('hold list --status released --account bank:cash --metadata a=1')).out)[0]).toBe('h1');
    expect(JSON.parse((await mizan('hold list --status placed --json')).out)).toEqual([]);
    expect((await mizan('entries list --account bank:cash')).out).toContain('\tc1\tbank:cash\t');
  });

  it('is reversed, whole or in part', async () => {
    expect(
      (await mizan('transfer reverse d1 --amount 0.50 --id r1')).out
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split('\t').slice(3, 7)),
    ).toEqual([
      ['r1', 'clients:17', '0.50', ''],
      ['r1', 'bank:cash', '', '0.50'],
    ]);
    expect(JSON.parse((await mizan('transfer reverse d1 --id r2 --dry-run')).out)).toEqual({ ledger: 'shop', entry: 'd1', id: 'r2' });
    expect(await mizan('transfer reverse d1 --id r2')).toMatchObject({ code: 3, err: expect.stringContaining('reversal_exceeds_entry') });
    expect((await mizan('transfer reverse none --id r3')).code).toBe(4);
  });

  it('moves no more than a limit leaves, with a cap', async () => {
    const capped = await mizan('transfer create --debit clients:17 --credit bank:cash --amount 5000 --cap debit --id most');
    expect(capped.out).toContain('\tmost\tclients:17\t1000.00\t');
    expect((await mizan('transfer create --debit clients:17 --credit bank:cash --amount 1 --cap all')).code).toBe(2);
  });

  it('is given up, or was done already', async () => {
    expect(row((await mizan('cancel never')).out).slice(0, 4)).toEqual(['never', 'cancel', 'rejected', 'cancelled']);
    expect(row((await mizan('cancel d1')).out).slice(2, 3)).toEqual(['applied']);
  });
});

describe('ledgers and accounts', () => {
  it('are changed, frozen, closed and reopened', async () => {
    expect((await mizan('account update clients:17 --min-balance -10.50 --max-balance 99 --id u1')).out).toContain(
      '\t-10.50\t99.00\topen\t',
    );
    expect((await mizan('account update clients:17 --max-balance none --metadata tier=1 --id u2')).out).toContain('\t-10.50\t\topen\t');
    expect(JSON.parse((await mizan('account show clients:17 --json')).out)).toMatchObject({ metadata: { tier: '1' } });
    expect((await mizan('account update clients:17')).code).toBe(2);
    expect((await mizan('account freeze clients:17 --side debits --id f1')).out).toContain('\tfrozen: debits\t');
    expect((await mizan('account freeze clients:17 --id f2')).out).toContain('\tfrozen: all\t');
    expect((await mizan('account unfreeze clients:17 --id f3')).out).toContain('\topen\t');
    expect((await mizan('account close clients:17 --id c1')).out).toContain('\tclosed\t');
    expect(await mizan('account close clients:17 --id c1')).toMatchObject({
      code: 0,
      err: 'c1 had been done before; nothing was done again.\n',
    });
    expect(await mizan('account close clients:17 --id c2')).toMatchObject({ code: 3, err: expect.stringContaining('account_closed') });
    expect((await mizan('account reopen clients:17 --id c3')).out).toContain('\topen\t');
  });

  it('close their books through a day', async () => {
    expect((await mizan('ledger close-period 2020-12-31')).out).toContain('\t2020-12-31\t');
    expect((await mizan('ledger show')).out).toContain('\t2020-12-31\t');
    const late = await mizan('transfer create --debit bank:cash --credit clients:17 --amount 1 --effective-at 2020-12-31 --id late');
    expect(late).toMatchObject({ code: 3, err: expect.stringContaining('period_closed') });
  });

  it('are made, shown and listed', async () => {
    expect((await mizan('ledger create till --json')).code).toBe(0);
    expect((await mizan('ledger list')).out).toContain('till\ttill\t\t1');
    expect((await mizan('account open clients:18 --type liability --asset CZK --min-balance -10.5 --ledger till')).out).toContain(
      '\t-10.50\t\topen\t',
    );
    expect(JSON.parse((await mizan('account show clients:18 --ledger till --json')).out)).toMatchObject({ minBalance: '-1050' });
    expect((await mizan('account list clients: --ledger shop')).out.split('\n')[1]).toMatch(/^clients:17\tliability/);
  });

  it('are meant by a flag, else by MIZAN_LEDGER, else the only ledger is', async () => {
    expect((await mizan('ledger show')).out).toContain('shop');
    platform.openLedger('till');
    const several = await mizan('account list');
    expect(several.err).toContain('There are several ledgers: shop, till. Name one with --ledger or MIZAN_LEDGER.');
    expect(several.code).toBe(2);
    expect((await mizan('ledger show', { env: { MIZAN_LEDGER: 'till' } })).out).toContain('till');
    expect((await mizan('account list --ledger shop', { env: { MIZAN_LEDGER: 'till' } })).out).toContain('clients:17');
    const mistyped = await mizan('account list --ledger shpo');
    expect(mistyped.err).toContain('There is no ledger shpo.');
    expect(mistyped.code).toBe(4);
  });
});

describe('the program', () => {
  it('knows who may ask', async () => {
    expect((await running(null, ['ledger', 'list'])).code).toBe(2);
    expect((await running(null, ['ledger', 'list'], { env: { MIZAN_URL: platform.url } })).code).toBe(5);
    expect((await mizan('ledger list', { env: { MIZAN_API_KEY: 'wrong' } })).code).toBe(5);
  });

  it('says that nobody answers, and what to do', async () => {
    const { code, err } = await mizan('ledger list', { env: { MIZAN_URL: 'http://127.0.0.1:1' } });
    expect(err).toContain('npm start');
    expect(code).toBe(1);
  });

  it('refuses what it does not know, with the nearest command', async () => {
    const { code, err } = await mizan('statemnt clients:17');
    expect(err).toContain('Did you mean statement?');
    expect(code).toBe(2);
    expect((await mizan('statement clients:17 --frm 1993-01-01')).code).toBe(2);
    expect((await mizan('balance clients:17 --json --jsonl')).code).toBe(2);
    expect((await mizan('entries list --limit none')).code).toBe(2);
    expect((await mizan('statement clients:17 --from 1993-02-30')).code).toBe(2);
    expect((await mizan('statement clients:17 --from 1994-01-01 --to 1993-01-01')).code).toBe(2);
    const neighbours = await mizan('statement clients:17 --from 2021-01-02 --to 2021-01-01');
    expect(neighbours.err).toContain('The range ends before it begins');
    expect(neighbours).toMatchObject({ code: 2, out: '' });
  });

  it.each([
    [['balance', '']],
    [['statement', '']],
    [['account', 'show', '']],
    [['account', 'open', '', '--type', 'asset', '--asset', 'CZK']],
    [['transfer', 'create', '--debit', '', '--credit', 'clients:17', '--amount', '1']],
    [['transfer', 'create', '--debit', 'bank:cash', '--credit', '', '--amount', '1']],
    [['transfer', 'show', '']],
    [['entries', 'list', '--account', '']],
    [['entries', 'tail', '--account', '']],
    [['ledger', 'show', '']],
    [['account', 'list', '--ledger', '']],
  ])('refuses an empty name: %j', async (args) => {
    const { code, out, err } = await running(platform, args);
    expect(err).toContain('It must not be empty.');
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('helps with commands and topics', async () => {
    expect((await mizan('help exit-codes')).out).toContain('6  outcome unknown');
    expect((await mizan('help transfer create')).out).toContain('--effective-at');
    expect((await mizan('--help')).code).toBe(0);
    expect((await mizan('help nothing')).code).toBe(2);
  });
});

describe('the installed program', () => {
  const environment = () => ({ PATH: process.env.PATH, MIZAN_URL: platform.url, MIZAN_API_KEY: platform.apiKey });
  /** Not spawnSync: the platform answers in this very process. */
  const bare = (...args: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [bin, ...args], { env: environment(), cwd: root });
      let out = '';
      child.stdout.on('data', (chunk) => (out += String(chunk)));
      child.on('close', (code) => resolve({ code, out }));
    });

  beforeAll(() => {
    const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'apps/cli'], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`The command line cannot be built: ${built.stdout}`);
  }, 120_000);

  it('gives the shell data and exit codes', async () => {
    expect(await bare('account', 'show', 'clients:17')).toMatchObject({
      code: 0,
      out: expect.stringContaining('clients:17\tliability\tCZK'),
    });
    expect(await bare('account', 'show', 'clients:18')).toEqual({ code: 4, out: '' });
    expect((await bare('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await bare('completion', 'bash')).out).toContain('mizan complete -- ');
    expect((await bare('complete', '--', 'stat')).out).toMatch(/^statement\t/);
  });

  it('ends with 130 when interrupted', async () => {
    const child = spawn(process.execPath, [bin, 'entries', 'tail', '--after', '0'], { env: environment(), cwd: root });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdout.once('data', () => child.kill('SIGINT'));
    deposit('d1', '1');
    expect(await ended).toBe(130);
  });
});
