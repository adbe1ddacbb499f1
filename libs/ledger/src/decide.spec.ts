import { Book } from './book.js';
import type { Command, Transfer } from './command.js';
import { accountsTouched, decide, factsNeeded, openLedger } from './decide.js';
import { play } from './play.js';
import { readOperation } from './shape.js';
import { noTexts } from './texts.js';

const NOW = Date.UTC(2026, 1, 10, 12);
const transfer = (id: string, fields: Partial<Transfer> = {}): Command =>
  ({ op: 'transfer', id, debit: 'a', credit: 'b', amount: 5n, effectiveAt: null, texts: noTexts, ...fields }) as Command;

/** A book with an asset account `a` and a liability account `b` with a floor of nothing and a ceiling of 100. */
function book(): Book {
  const { book } = play('open a asset JPY\nopen b liability JPY min 0 max 100\ntransfer in debit a credit b 50 JPY');
  return book;
}
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

/** What was read of an operation that is well shaped. */
function shaped(operation: unknown) {
  const read = readOperation(operation, NOW);
  if ('rejection' in read) throw new Error(read.rejection.detail);
  return read.command;
}

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
      { op: 'hold', id: 'h', debit: 'a', credit: 'b', amount: '1' },
      { accounts: ['a', 'b'], openings: [], commands: ['h'], holds: [], entries: [] },
    ],
    [
      { op: 'release', id: 'r', hold: 'h' },
      { accounts: [], openings: [], commands: ['r', 'h'], holds: ['h'], entries: [] },
    ],
    [
      { op: 'close-period', id: 'p', through: '2025-12-31' },
      { accounts: [], openings: [], commands: ['p'], holds: [], entries: [] },
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
    expect(factsNeeded(shaped(operation))).toEqual(expected);
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

describe('what a command touches', () => {
  const facts = play(`
    open a asset     JPY
    open b liability JPY
    open c income    JPY
    hold h1 debit b credit a 9 JPY
    hold h2 debit b credit c 9 JPY
    capture c1 hold h2 5 JPY
    transfer t1
      debit  a 2 JPY
      credit b 1 JPY
      credit c 1 JPY`).book;
  const cancel = { op: 'cancel', id: 'x' };
  it.each<[operation: object, accounts: string[]]>([
    [{ op: 'open', id: 'd', type: 'asset', asset: 'JPY' }, ['d']],
    [{ op: 'transfer', id: 'x', debit: 'c', credit: 'y', amount: '1' }, ['c', 'y']],
    [{ op: 'hold', id: 'x', debit: 'c', credit: 'a', amount: '1' }, ['c', 'a']],
    [{ op: 'capture', id: 'x', hold: 'h1' }, ['b', 'a']],
    [{ op: 'capture', id: 'x', hold: 'h2' }, ['b', 'c']],
    [{ op: 'capture', id: 'x', hold: 'h3' }, []],
    [{ op: 'release', id: 'x', hold: 'h1' }, ['b', 'a']],
    [{ op: 'reverse', id: 'x', entry: 'c1' }, ['b', 'c']],
    [{ op: 'reverse', id: 'x', entry: 't1' }, ['a', 'b', 'c']],
    [{ op: 'reverse', id: 'x', entry: 'h1' }, []],
    [{ op: 'update', id: 'x', account: 'c' }, ['c']],
    [{ op: 'close', id: 'x', account: 'c' }, ['c']],
    [{ op: 'reopen', id: 'x', account: 'c' }, ['c']],
    [{ op: 'close-period', id: 'x', through: '2025-12-31' }, []],
    [cancel, []],
    [
      { op: 'group', operations: [{ op: 'release', id: 'x', hold: 'h1' }, cancel, { op: 'close', id: 'y', account: 'c' }] },
      ['b', 'a', 'c'],
    ],
  ])('%j', (operation, accounts) => expect(accountsTouched(facts, shaped(operation))).toEqual(accounts));
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
