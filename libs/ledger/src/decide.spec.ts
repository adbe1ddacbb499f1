import { checkJournal } from './audit.js';
import { Book } from './book.js';
import type { Command, Transfer } from './command.js';
import { decide, factsNeeded, openLedger } from './decide.js';
import { play } from './play.js';
import { readOperation } from './shape.js';
import { noTexts } from './texts.js';

/**
 * Plays a table: one line for each operation with what is expected of it, then the four totals of every account.
 * Amounts are in yen, which have no decimal places: what is written are minor units.
 * Answers the accounts whose totals were left out, and what is wrong with the journal; `play` throws at all else.
 */
function problemsOf(table: string): readonly unknown[] {
  const { book, journal } = play(table);
  const totalled = [...table.matchAll(/^ *totals (\S+)/gm)].map(([, account]) => account!);
  return [...[...book.accounts.keys()].filter((account) => !totalled.includes(account)), ...checkJournal(journal)];
}

describe('open', () => {
  it.each<[name: string, table: string]>([
    [
      'every type, with and without limits',
      `
    open a asset     JPY
    open l liability JPY  min 0
    open e equity    JPY  max 0
    open i income    JPY  min -5  max 5
    open x expense   JPY  min 5   max 5
    totals a 0 0 0 0
    totals l 0 0 0 0
    totals e 0 0 0 0
    totals i 0 0 0 0
    totals x 0 0 0 0`,
    ],
    [
      'again: the same content is answered as before, other content names the first field that differs',
      `
    open a asset     JPY  min 0  max 9  metadata.k v
    open a asset     JPY  min 0  max 9  metadata.k v  => replayed
    open a liability JPY  min 0  max 9  metadata.k v  => id_conflict type
    open a asset     USD  min 0  max 9  metadata.k v  => id_conflict asset
    open a asset     JPY         max 9  metadata.k v  => id_conflict minBalance
    open a asset     JPY  min 0  max 8  metadata.k v  => id_conflict maxBalance
    open a asset     JPY  min 0  max 9  metadata.k w  => id_conflict metadata
    open a asset     JPY  min 0  max 9                => id_conflict metadata
    open a liability USD  min 1  max 8                => id_conflict type
    update u a  min none  frozen all
    close c a
    open a asset     JPY  min 0  max 9  metadata.k v  => replayed
    totals a 0 0 0 0`,
    ],
    [
      'an asset nobody defined comes before all else',
      `
    open a asset JPY
    open b asset XAU  => invalid_asset
    open a asset XAU  => invalid_asset
    totals a 0 0 0 0`,
    ],
    [
      'account ids and command ids are spaces of their own',
      `
    open a asset     JPY
    open b liability JPY
    transfer a debit a credit b 5 JPY
    open t asset     JPY
    transfer t debit a credit b 5 JPY
    totals a 10 0 0 0
    totals b 0 0 10 0
    totals t 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('transfer', () => {
  it.each<[name: string, table: string]>([
    [
      'raises one side of each account',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 100 JPY
    transfer t2 debit b credit a 30 JPY
    totals a 100 0 30 0
    totals b 30 0 100 0`,
    ],
    [
      'names the first account that is missing, debit before credit',
      `
    open a asset JPY
    transfer t1 debit x credit y 1 JPY  => account_not_found x
    transfer t2 debit a credit y 1 JPY  => account_not_found y
    transfer t3                         => account_not_found x
      debit a 2 JPY
      credit x 1 JPY
      credit y 1 JPY
    open x asset JPY
    transfer t1 debit x credit y 1 JPY  => replayed account_not_found x
    totals a 0 0 0 0
    totals x 0 0 0 0`,
    ],
    [
      'is in one asset, or zero in each; this spends nothing',
      `
    open a asset JPY
    open b asset USD
    open c asset JPY
    open d asset USD
    transfer t1 debit a credit b 100 JPY  => asset_mismatch
    transfer t1                           => asset_mismatch
      debit  a 100 JPY
      credit b 1.00 USD
    transfer t1
      debit  a 100 JPY
      debit  b 3.00 USD
      credit c 100 JPY
      credit d 3.00 USD
    totals a 100 0 0 0
    totals b 3.00 0.00 0.00 0.00
    totals c 0 0 100 0
    totals d 0.00 0.00 3.00 0.00`,
    ],
    [
      'passes no closed account, whatever else is wrong with it',
      `
    open a asset     JPY
    open b liability JPY  min 0
    close c1 b
    update u1 b frozen all
    transfer t1 debit b credit a 1 JPY  => account_closed b
    transfer t2 debit a credit b 1 JPY  => account_closed b
    reopen r1 b
    transfer t3 debit b credit a 1 JPY  => account_frozen b
    update u2 b frozen none
    transfer t4 debit b credit a 1 JPY  => insufficient_funds b
    transfer t1 debit a credit b 9 JPY  => replayed account_closed b
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
    [
      'touches no frozen side, gross',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 50 JPY
    update u1 b frozen debits
    transfer t2 debit b credit a 1 JPY  => account_frozen b
    transfer t3 debit a credit b 1 JPY
    transfer t4                         => account_frozen b
      debit  a 1 JPY
      debit  b 1 JPY
      credit b 2 JPY
    update u2 b frozen credits
    transfer t5 debit a credit b 1 JPY  => account_frozen b
    transfer t6 debit b credit a 1 JPY
    totals a 51 0 1 0
    totals b 1 0 51 0`,
    ],
    [
      'keeps each side of an account within 2^128-1; this spends nothing',
      `
    open a asset     JPY
    open b liability JPY
    open c liability JPY
    transfer t1 debit a credit b 340282366920938463463374607431768211455 JPY
    transfer t2 debit a credit c 1 JPY  => balance_overflow a
    transfer t3 debit c credit b 1 JPY  => balance_overflow b
    transfer t2 debit c credit a 1 JPY
    transfer t4                         => balance_overflow c
      debit  c 340282366920938463463374607431768211454 JPY
      debit  c 1 JPY
      credit a 340282366920938463463374607431768211455 JPY
    totals a 340282366920938463463374607431768211455 0 1 0
    totals b 0 0 340282366920938463463374607431768211455 0
    totals c 1 0 0 0`,
    ],
    [
      'looks at floors before ceilings, on the net effect',
      `
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY  max 10
    transfer t1 debit b credit c 11 JPY  => insufficient_funds b
    transfer t2 debit a credit b 20 JPY
    transfer t3 debit b credit c 11 JPY  => limit_exceeded c
    transfer t4 debit b credit c 10 JPY
    transfer t5
      debit  b 15 JPY
      credit a 15 JPY
      debit  a  5 JPY
      credit b  5 JPY
    transfer t6
      debit  a  9 JPY
      credit c 12 JPY
      debit  c 12 JPY
      credit b  9 JPY
    totals a 34 0 15 0
    totals b 25 0 34 0
    totals c 12 0 22 0`,
    ],
    [
      'names the field that differs, in the order of the body',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r  metadata.k v
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00.000Z  reference r  metadata.k v  => replayed
    transfer t1 debit b credit a 6 JPY                                                                 => id_conflict debit
    transfer t1 debit a credit c 6 JPY                                                                 => id_conflict credit
    transfer t1 debit a credit b 6 JPY                                                                 => id_conflict amount
    transfer t1 debit a credit b 5 JPY                                                                 => id_conflict effectiveAt
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z                                 => id_conflict reference
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r                    => id_conflict metadata
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r  metadata.j v      => id_conflict metadata
    transfer t2
      debit  a 5 JPY
      credit b 5 JPY
    transfer t2                                                                                        => replayed
      debit  a 5 JPY
      credit b 5 JPY
    transfer t2                                                                                        => id_conflict postings
      credit b 5 JPY
      debit  a 5 JPY
    transfer t2                                                                                        => id_conflict postings
      credit a 5 JPY
      debit  b 5 JPY
    transfer t2                                                                                        => id_conflict postings
      debit  a 5 JPY
      credit b 5 JPY
      debit  a 1 JPY
      credit b 1 JPY
    transfer t2 debit a credit b 5 JPY                                                                 => id_conflict debit
    transfer t3
      debit  a 5 JPY
      credit b 5 JPY
      debit  a 1 JPY
      credit b 1 JPY
    transfer t3                                                                                        => id_conflict postings
      debit  a 5 JPY
      credit b 5 JPY
    totals a 16 0 0 0
    totals b 0 0 16 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('update, close, reopen', () => {
  it.each<[name: string, table: string]>([
    [
      'need the account, and spend nothing where they are refused',
      `
    open a asset     JPY
    open b liability JPY
    update t1 x frozen all               => account_not_found x
    close  t1 x                          => account_not_found x
    reopen t1 x                          => account_not_found x
    transfer t1 debit a credit b 5 JPY
    close  t2 a                          => account_not_empty a
    transfer t2 debit b credit a 5 JPY
    close  t3 a
    close  t3 a                          => replayed
    close  t3 b                          => id_conflict account
    close  t4 a                          => account_closed a
    update t5 a frozen all  metadata.k v
    update t5 a frozen all  metadata.k v => replayed
    update t5 a frozen all               => id_conflict metadata
    update t5 a metadata.k v             => id_conflict frozen
    update t5 a min none  frozen all  metadata.k v  => id_conflict minBalance
    update t5 b                          => id_conflict account
    reopen t4 a
    reopen t4 a                          => replayed
    reopen t6 a
    update t4 a                          => id_conflict op
    totals a 5 0 5 0
    totals b 5 0 5 0`,
    ],
    [
      'limits that would cross are refused, given at once or one by one',
      `
    open a asset JPY  min 0  max 10
    update u1 a min 11         => invalid_amount
    update u1 a max -1         => invalid_amount
    update u1 a min 11 max 10  => invalid_amount
    update u1 a min 10
    update u2 a min 11 max 12
    update u3 a max none
    totals a 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('cancel', () => {
  it.each<[name: string, table: string]>([
    [
      'spends an id for ever, or tells what was done under it',
      `
    open a asset     JPY
    open b liability JPY
    cancel x1                            => cancelled
    cancel x1                            => replayed cancelled
    transfer x1 debit a credit b 5 JPY   => replayed cancelled
    close x1 a                           => replayed cancelled
    transfer t1 debit a credit b 5 JPY
    cancel t1                            => replayed
    update u1 a
    cancel u1                            => replayed
    transfer t2 debit a credit x 5 JPY   => account_not_found x
    cancel t2                            => replayed account_not_found x
    totals a 5 0 0 0
    totals b 0 0 5 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

const NOW = Date.UTC(2026, 1, 10, 12);
const transfer = (id: string, fields: Partial<Transfer> = {}): Command =>
  ({ op: 'transfer', id, debit: 'a', credit: 'b', amount: 5n, effectiveAt: null, texts: noTexts, ...fields }) as Command;

/** A book with an asset account `a` and a liability account `b` with a floor of nothing and a ceiling of 100. */
function book(): Book {
  const { book } = play('open a asset JPY\nopen b liability JPY min 0 max 100\ntransfer in debit a credit b 50 JPY');
  return book;
}

describe('money on hold', () => {
  it('against an account is not available, and towards it neither', () => {
    const facts = book();
    const b = facts.account('b')!;
    const code = (held: object, command: Command) => {
      facts.accounts.set('b', { ...b, ...held });
      const { answer } = decide(facts, command, NOW);
      return answer.status === 'rejected' ? answer.rejection.code : 'applied';
    };
    const out = transfer('t1', { debit: 'b', credit: 'a', amount: 20n });
    expect(code({ debitsHeld: 30n }, out)).toBe('applied');
    expect(code({ debitsHeld: 31n }, out)).toBe('insufficient_funds');
    expect(code({ debitsHeld: 31n, creditsHeld: 100n }, out)).toBe('insufficient_funds');
    const more = transfer('t2', { amount: 20n });
    expect(code({ creditsHeld: 30n }, more)).toBe('applied');
    expect(code({ creditsHeld: 31n }, more)).toBe('limit_exceeded');
    expect(code({ creditsHeld: 31n, debitsHeld: 50n }, more)).toBe('limit_exceeded');
    expect(code({ debitsHeld: 2n ** 128n - 10n }, out)).toBe('balance_overflow');
  });

  it('keeps an account from being closed', () => {
    const facts = book();
    const empty = { ...facts.account('b')!, creditsPosted: 0n };
    for (const held of [{ debitsHeld: 1n }, { creditsHeld: 1n }]) {
      facts.accounts.set('b', { ...empty, ...held });
      expect(decide(facts, { op: 'close', id: 'c1', account: 'b' }, NOW)).toMatchObject({
        events: [],
        answer: { rejection: { code: 'account_not_empty', account: 'b' } },
      });
    }
  });
});

describe('a closed period', () => {
  it.each<[string, number | null, string]>([
    ['its last moment', Date.UTC(2026, 0, 31, 23, 59, 59, 999), 'period_closed'],
    ['long before', Date.UTC(1993, 0, 1), 'period_closed'],
    ['the first moment after', Date.UTC(2026, 1, 1), 'applied'],
    ['when recorded', null, 'applied'],
  ])('%s', (_, effectiveAt, expected) => {
    const facts = book();
    facts.ledger = { ...facts.ledger, closedThrough: '2026-01-31' };
    const { events, answer } = decide(facts, transfer('t1', { effectiveAt }), NOW);
    expect(answer.status === 'rejected' ? answer.rejection.code : 'applied').toBe(expected);
    expect(events).toHaveLength(expected === 'applied' ? 1 : 0);
  });
});

describe('time', () => {
  it('never goes back behind the journal, and an entry is effective when recorded unless told otherwise', () => {
    const facts = book();
    const last = facts.ledger.recordedAt;
    const [behind] = decide(facts, transfer('t1'), last - 5_000).events;
    expect(behind).toMatchObject({ recordedAt: last, effectiveAt: last, position: facts.ledger.position + 1 });
    const [ahead] = decide(facts, transfer('t1', { effectiveAt: 0 }), last + 5_000).events;
    expect(ahead).toMatchObject({ recordedAt: last + 5_000, effectiveAt: 0 });
  });
});

describe('erased texts', () => {
  it('are not compared', () => {
    const facts = book();
    const texts = { reference: 'r', metadata: { k: 'v' } };
    const [event] = decide(facts, transfer('t1', { texts }), NOW).events;
    facts.apply(event!);
    expect(decide(facts, transfer('t1', { texts }), NOW).answer).toMatchObject({ status: 'applied', replayed: true });
    expect(decide(facts, transfer('t1'), NOW).answer).toMatchObject({ rejection: { code: 'id_conflict', field: 'reference' } });
    const erased = { ...facts.command('t1')!, texts: null };
    facts.commands.set('t1', { ...erased, command: { ...erased.command, texts: noTexts } } as typeof erased);
    expect(decide(facts, transfer('t1', { texts }), NOW).answer).toMatchObject({ status: 'applied', replayed: true });
    expect(decide(facts, transfer('t1', { amount: 6n }), NOW).answer).toMatchObject({
      rejection: { code: 'id_conflict', field: 'amount' },
    });
  });
});

describe('what a decision needs', () => {
  it.each<[unknown, unknown]>([
    [
      { op: 'open', id: 'a', type: 'asset', asset: 'JPY' },
      { accounts: ['a'], openings: ['a'], commands: [], holds: [], entries: [] },
    ],
    [
      { op: 'transfer', id: 't', debit: 'a', credit: 'b', amount: '1' },
      { accounts: ['a', 'b'], openings: [], commands: ['t'], holds: [], entries: [] },
    ],
    [
      { op: 'close', id: 'c', account: 'a' },
      { accounts: ['a'], openings: [], commands: ['c'], holds: [], entries: [] },
    ],
    [
      { op: 'capture', id: 'c', hold: 'h' },
      { accounts: [], openings: [], commands: ['c', 'h'], holds: ['h'], entries: [] },
    ],
    [
      { op: 'reverse', id: 'r', entry: 'e' },
      { accounts: [], openings: [], commands: ['r', 'e'], holds: [], entries: ['e'] },
    ],
    [
      { op: 'cancel', id: 'x' },
      { accounts: [], openings: [], commands: ['x'], holds: [], entries: [] },
    ],
    [
      {
        op: 'group',
        operations: [
          { op: 'open', id: 'b', type: 'asset', asset: 'JPY' },
          {
            op: 'transfer',
            id: 't',
            postings: ['a', 'b', 'a', 'b'].map((account, n) => ({ account, side: n < 2 ? 'debit' : 'credit', amount: '1' })),
          },
          { op: 'update', id: 't', account: 'c' },
        ],
      },
      { accounts: ['b', 'a', 'c'], openings: ['b'], commands: ['t'], holds: [], entries: [] },
    ],
  ])('%j', (operation, expected) => {
    const read = readOperation(operation, NOW);
    if ('rejection' in read) throw new Error(read.rejection.detail);
    expect(factsNeeded(read.command)).toEqual(expected);
  });

  it('must be at hand: what is missing is a bug, not a rejection', () => {
    const facts = book();
    facts.openings.clear();
    const { id, ...terms } = facts.account('a')!;
    const open: Command = { op: 'open', id, type: terms.type, asset: 'JPY', minBalance: null, maxBalance: null, texts: noTexts };
    expect(() => decide(facts, open, NOW)).toThrow('The opening of a was not loaded');
    expect(() => decide(new Book(), transfer('t1'), NOW)).toThrow('has not been opened');
    expect(() => openLedger(facts, { tenant: 't', ledger: 'l', name: '' }, NOW)).toThrow('has been opened already');
  });
});

describe('a decision', () => {
  it('changes nothing in the facts it was given', () => {
    const facts = book();
    const before = JSON.stringify([...facts.accounts], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    decide(facts, transfer('t1'), NOW);
    const after = JSON.stringify([...facts.accounts], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect([after, facts.commands.has('t1'), facts.ledger.position]).toEqual([before, false, 4]);
  });

  it('writes each posting with the balances after the whole entry', () => {
    const { journal } = play(`
      open a asset JPY
      open b liability JPY
      transfer t1
        debit  a 7 JPY
        credit b 9 JPY
        debit  b 2 JPY`);
    const a = { debitsPosted: 7n, debitsHeld: 0n, creditsPosted: 0n, creditsHeld: 0n };
    const b = { debitsPosted: 2n, debitsHeld: 0n, creditsPosted: 9n, creditsHeld: 0n };
    expect(journal.at(-1)).toMatchObject({
      type: 'EntryPosted',
      postings: [
        { account: 'a', side: 'debit', amount: 7n, asset: 'JPY', balances: a },
        { account: 'b', side: 'credit', amount: 9n, asset: 'JPY', balances: b },
        { account: 'b', side: 'debit', amount: 2n, asset: 'JPY', balances: b },
      ],
    });
  });
});
