import type { JournalItemBody } from '@mizan/contracts';
import { running } from './running.fixture.js';
import { SmallPlatform } from './small-platform.fixture.js';

let platform: SmallPlatform;
beforeEach(async () => {
  platform = await SmallPlatform.start();
  platform.openLedger('shop');
  const operate = (operation: object): void => void platform.operate('shop', operation);
  operate({ op: 'open', id: 'bank:cash', type: 'asset', asset: 'CZK' });
  for (let client = 1; client <= 5; client += 1)
    operate({ op: 'open', id: `clients:${client}`, type: 'liability', asset: 'CZK', minBalance: '0', metadata: { branch: 'west' } });
  for (let i = 1; i <= 1_200; i += 1)
    operate({
      op: 'transfer',
      id: `d${i}`,
      debit: 'bank:cash',
      credit: `clients:${(i % 5) + 1}`,
      amount: String(i),
      reference: `deposit ${i}`,
    });
  operate({ op: 'hold', id: 'h1', debit: 'clients:2', credit: 'bank:cash', amount: '100', reference: 'card' });
  operate({ op: 'hold', id: 'h2', debit: 'clients:3', credit: 'bank:cash', amount: '200' });
  operate({ op: 'capture', id: 'k1', hold: 'h1', amount: '60' });
  operate({ op: 'reverse', id: 'r1', entry: 'd1198', amount: '50' });
  operate({ op: 'reverse', id: 'r2', entry: 'd1198', amount: '50' });
  operate({ op: 'transfer', id: 'w1', debit: 'clients:1', credit: 'bank:cash', amount: '99999999' });
  operate({ op: 'close', id: 'c1', account: 'bank:cash' });
});
afterEach(() => platform.stop());

const replaying = async () => {
  const ran = await running(platform, ['replay', '--json']);
  return {
    ...ran,
    report: JSON.parse(ran.out) as { equal: boolean; checks: { name: string; count: number; differences: number; found: string[] }[] },
  };
};
/** Changes the item at a position. */
const at = (position: number, change: (item: JournalItemBody) => JournalItemBody) => (items: JournalItemBody[]) =>
  items.map((item) => (item.position === position ? change(item) : item));
const found = ({ checks }: { checks: { found: string[] }[] }): string => checks.flatMap((check) => check.found).join('\n');

it('finds an honest platform all equal', async () => {
  const { code, report } = await replaying();
  expect(found(report)).toBe('');
  expect(report.equal).toBe(true);
  expect(Object.fromEntries(report.checks.map(({ name, count }) => [name, count]))).toEqual({
    'positions without a gap': 1_213,
    'texts that fit their commitment': 1_207,
    'entries decided again': 1_203,
    'other events decided again': 10,
    'events against every invariant': 1_213,
    'accounts: kind, limits, state and four totals': 6,
    'lines of the trial balance': 6,
    'assets whose debits and credits are equal': 1,
    'holds: amounts, state and expiry': 2,
    'entries: postings and reversals': 1_203,
  });
  expect(code).toBe(0);
  const { out } = await running(platform, ['replay']);
  expect(out).toContain('1,203\tentries decided again\tequal\n');
  expect(out.trimEnd().split('\n').at(-1)).toBe('all equal at position 1,213 of shop');
});

it('stops at a position, at the end of its millisecond, and compares with what was known then', async () => {
  const { journal } = platform.books.get('shop')!;
  const recordedAt = (position: number): string => (JSON.parse(journal[position - 1]!.event) as { recordedAt: string }).recordedAt;
  const last = journal.findLast((item) => recordedAt(item.position) === recordedAt(1_100))!.position;
  for (const at of ['1100', recordedAt(1_100)]) {
    const { code, out } = await running(platform, ['replay', '--json', '--at', at]);
    const report = JSON.parse(out) as { position: number; equal: boolean; checks: { name: string; count: number; found: string[] }[] };
    expect([code, found(report), report.equal, report.position]).toEqual([0, '', true, last]);
    expect(Object.fromEntries(report.checks.map(({ name, count }) => [name, count]))).toMatchObject({
      'positions without a gap': last,
      'balances: the four totals as they were known': 6,
      'lines of the trial balance': 6,
      'assets whose debits and credits are equal': 1,
    });
    expect(report.checks.map(({ name }) => name)).not.toContain('holds: amounts, state and expiry');
  }
});

it('finds a past that the read models tell otherwise', async () => {
  platform.lies.account = (account) =>
    account.id === 'clients:2' ? { ...account, balances: { ...account.balances, credits: { posted: '1', held: '0' } } } : account;
  platform.lies.trialBalance = (body) => ({ ...body, accounts: body.accounts.filter(({ account }) => account !== 'clients:4') });
  const { code, out } = await running(platform, ['replay', '--json', '--at', '1000']);
  const report = JSON.parse(out) as { checks: { found: string[] }[] };
  expect(found(report)).toMatch(/clients:2 has creditsPosted 1 in the read model and \d+ by the journal/);
  expect(found(report)).toContain('clients:4 is missing in the trial balance');
  expect(code).toBe(7);
});

it('refuses a past that is not in the journal', async () => {
  expect(await running(platform, ['replay', '--at', '99999'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('ends at position 1213'),
  });
  expect(await running(platform, ['replay', '--at', '1999-01-01'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('Nothing was recorded'),
  });
  expect((await running(platform, ['replay', '--at', 'yesterday'])).code).toBe(2);
  expect((await running(platform, ['replay', '--at', '0'])).code).toBe(2);
});

it('follows read models that are already further than the journal was', async () => {
  let more = 0;
  platform.lies.account = (account) => {
    if (more < 3) platform.operate('shop', { op: 'open', id: `late:${(more += 1)}`, type: 'asset', asset: 'CZK' });
    return account;
  };
  const { report } = await replaying();
  expect(found(report)).toBe('');
  expect(report.equal).toBe(true);
});

it('follows lists of holds and entries that are further than the journal was, page by page', async () => {
  let more = 0;
  platform.lies.hold = (hold) => {
    if (more === 0)
      platform.operate('shop', { op: 'hold', id: `late${(more += 1)}`, debit: 'clients:4', credit: 'bank:cash', amount: '1' });
    return hold;
  };
  platform.lies.entry = (entry) => {
    if (more < 3)
      platform.operate('shop', { op: 'reverse', id: `late${(more += 1)}`, entry: entry.id === 'd1' ? 'd1' : 'd1100', amount: '1' });
    return entry;
  };
  const { report } = await replaying();
  expect(found(report)).toBe('');
  expect([report.equal, more]).toEqual([true, 3]);
});

it('counts erased texts, which are no difference', async () => {
  platform.lies.journal = at(10, (item) => ({ ...item, texts: null }));
  const { code, err } = await running(platform, ['replay']);
  expect(err).toContain('The texts of 1 events have been erased');
  expect(code).toBe(0);
});

it.each<[string, (platform: SmallPlatform) => void, RegExp]>([
  [
    'an amount that was changed in an event',
    ({ lies }) => (lies.journal = at(500, (item) => ({ ...item, event: item.event.replaceAll('"amount":"493"', '"amount":"494"') }))),
    /position 500: balances follow from postings and holds: the balances of bank:cash are not those before it/,
  ],
  [
    'a balance that was changed in an event',
    ({ lies }) =>
      (lies.journal = at(500, (item) => ({
        ...item,
        event: item.event.replace(/"debits":{"held":"0","posted":"(\d+)"/, '"debits":{"held":"0","posted":"1$1"'),
      }))),
    /position 500: 0\/postings\/0\/balances\/debitsPosted should be \d+ and is 1\d+/,
  ],
  [
    'a rejection that was turned into another one',
    ({ lies }) => (lies.journal = at(1_213, (item) => ({ ...item, event: item.event.replace('insufficient_funds', 'account_frozen') }))),
    /position 1213: 0\/rejection\/code should be insufficient_funds and is account_frozen/,
  ],
  [
    'an event that is missing',
    ({ lies }) => (lies.journal = (items) => items.filter(({ position }) => position !== 500)),
    /position 501 follows 499/,
  ],
  [
    'the last event missing',
    ({ lies }) => (lies.journal = (items) => items.slice(0, -1)),
    /the journal ends at 1212; the ledger stands at 1213/,
  ],
  [
    'an event of another position in its place',
    ({ lies }) => (lies.journal = (items) => at(500, (item) => ({ ...item, event: items[500]!.event }))(items)),
    /position 500 holds the event of position 501/,
  ],
  [
    'an event of another journal in its place',
    ({ lies }) => (lies.journal = at(500, (item) => ({ ...item, event: item.event.replace('journal-shop', 'journal-till') }))),
    /position 500 holds an event of another journal, journal-till/,
  ],
  [
    'an event that is no JSON any more',
    ({ lies }) => (lies.journal = at(500, (item) => ({ ...item, event: item.event.slice(1) }))),
    /position 500 cannot be read/,
  ],
  [
    'a text that was altered',
    ({ lies }) => (lies.journal = at(500, (item) => ({ ...item, texts: { ...item.texts!, reference: 'bribe' } }))),
    /the texts beside position 500 are not those it was written with/,
  ],
  [
    'texts that nothing promised',
    ({ lies }) => (lies.journal = at(1_213, (item) => ({ ...item, texts: { salt: '', reference: 'x', metadata: {} } }))),
    /the texts beside position 1213 are not those/,
  ],
  [
    'a wrong balance in the read model',
    ({ lies }) =>
      (lies.account = (account) =>
        account.id === 'clients:3' ? { ...account, balances: { ...account.balances, credits: { posted: '1', held: '0' } } } : account),
    /clients:3 has creditsPosted 1 in the read model and \d+ by the journal/,
  ],
  [
    'a floor that the read model lost',
    ({ lies }) => (lies.account = (account) => ({ ...account, minBalance: null })),
    /clients:1 has minBalance null in the read model and 0 by the journal/,
  ],
  [
    'an account that the trial balance lost',
    ({ lies }) => (lies.trialBalance = (body) => ({ ...body, accounts: body.accounts.slice(1) })),
    /bank:cash is missing in the trial balance/,
  ],
  [
    'totals that are not the sums',
    ({ lies }) => (lies.trialBalance = (body) => ({ ...body, totals: body.totals.map((total) => ({ ...total, debits: '7' })) })),
    /CZK: the totals are said to be 7 and \d+, and are/,
  ],
  [
    'a hold that the read model shows with more than remains',
    ({ lies }) => (lies.hold = (hold) => (hold.id === 'h2' ? { ...hold, remaining: '201' } : hold)),
    /hold h2 has remaining 201 in the read model and 200 by the journal/,
  ],
  [
    'a hold that the read model lost',
    ({ lies }) => (lies.hold = (hold) => (hold.id === 'h1' ? { ...hold, id: 'h2' } : hold)),
    /hold h1 is missing in the read model/,
  ],
  [
    'a reversal that the read model forgot',
    ({ lies }) => (lies.entry = (entry) => (entry.id === 'd1198' ? { ...entry, reversedBy: ['r2'] } : entry)),
    /entry d1198 is reversed by r2 in the read model and by r1, r2 by the journal/,
  ],
  [
    'a reversal that nobody posted',
    ({ lies }) => (lies.entry = (entry) => (entry.id === 'd7' ? { ...entry, reversedBy: ['r9'] } : entry)),
    /entry d7 is reversed by r9 in the read model and by nothing by the journal/,
  ],
  [
    'an entry with another amount in the read model',
    ({ lies }) =>
      (lies.entry = (entry) =>
        entry.id === 'k1' ? { ...entry, postings: entry.postings.map((leg) => ({ ...leg, amount: '61' })) } : entry),
    /entry k1 has the postings clients:2 debit 61, .* in the read model and clients:2 debit 60, /,
  ],
])('finds %s, and ends with 7', async (_, plant, difference) => {
  plant(platform);
  const { code, err, report } = await replaying();
  expect(found(report)).toMatch(difference);
  expect(report.equal).toBe(false);
  expect(code).toBe(7);
  expect(err).toBe('');
});

it('prints the first differences, and no more than help', async () => {
  platform.lies.journal = (items) => items.map((item) => ({ ...item, texts: item.texts && { ...item.texts, reference: 'x' } }));
  const { code, out, err } = await running(platform, ['replay']);
  expect(out).toContain('texts that fit their commitment\t1207 differences');
  expect(err).toContain('... and 1187 more');
  expect(out).toContain('NOT equal at position 1,213');
  expect(code).toBe(7);
});
