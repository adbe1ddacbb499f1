import { checkJournal } from './audit.js';
import type { Book } from './book.js';
import { decide, openLedger } from './decide.js';
import type { EntryPosted, LedgerEvent } from './events.js';
import { expireHold } from './holding.js';
import { invariants } from './invariants.js';
import { play } from './play.js';
import { readOperation } from './shape.js';

// What a writer with a bug, or a patient forger, would append: an event that fits the journal in all but one thing.
// It is made by the rules themselves, from a book in which that thing was changed.

const BEFORE = `
at 2026-02-10T12:00:00Z
open a asset     JPY
open b liability JPY  min 0  max 1000
open c liability JPY
open u liability USD
open d income JPY
close k1 d
open f income JPY
update u1 f frozen all
transfer t1 debit a credit b 500 JPY
transfer t2 debit b credit c 100 JPY
transfer t3 debit b credit a 10 JPY  effective 2026-01-20T12:00:00Z
reverse r1 entry t2 60 JPY
hold h1 debit b credit c 40 JPY  expires 2026-02-10T13:00:00Z
capture c1 hold h1 10 JPY  final false
hold h2 debit b credit c 5 JPY
release l2 hold h2
hold h3 debit b credit c 7 JPY  expires 2026-02-10T14:00:00Z
transfer t4
  debit  b 5 JPY
  credit c 4 JPY
  credit a 1 JPY
close-period p1 2026-01-31`;

const NOON = Date.UTC(2026, 1, 10, 12);
const HOUR = 3_600_000;

interface Forgery {
  readonly name: string;
  /** What the forger believes. */
  readonly belief?: (book: Book) => void;
  readonly asked: Record<string, unknown> | ((book: Book) => LedgerEvent);
  readonly at?: number;
  /** What the forger writes in place of what the rules gave. */
  readonly mended?: (event: never) => object;
  readonly broken: readonly string[];
}

const AGAIN = 'history decides itself again';
const ENDED = 'a hold that ended stays as it ended';
const WHOLE = 'captured + released + remaining = placed';
const DUE = 'a hold expires when it is due, before its accounts are touched';
const BALANCES = 'balances follow from postings and holds';
const ZERO = 'the book is zero per asset';
const CLOSED = 'no entry is effective in a closed period';
const PERIODS = 'periods close in order, once they are over';
const MOST = 'reversals never exceed the entry';
const STILL = 'no closed account is moved';
const FLOOR = 'available never falls below minBalance through a movement';
const ONCE = 'one id, one effect';
const STRADDLES = 'a hold stands between accounts of one asset';
const OPPOSITE = 'a reversal is the opposite of its entry';

const believe = (id: string, change: object) => (book: Book) => {
  book.open.set(id, { ...(book.hold(id) ?? book.hold('h1')!), ...change });
};
const account = (id: string, change: object) => (book: Book) => {
  book.accounts.set(id, { ...book.account(id)!, ...change });
};
const closedThrough = (day: string | null) => (book: Book) => {
  book.ledger = { ...book.ledger, closedThrough: day };
};
const hold = (change: object) => (event: { hold: object }) => ({ hold: { ...event.hold, ...change } });

const forgeries: readonly Forgery[] = [
  { name: 'nothing: what the rules give is sound', asked: { op: 'capture', id: 'x', hold: 'h1' }, broken: [] },
  {
    name: 'a hold captured for more than remains',
    belief: believe('h1', { remaining: 50n }),
    asked: { op: 'capture', id: 'x', hold: 'h1', amount: '50' },
    broken: [AGAIN, WHOLE, BALANCES],
  },
  {
    name: 'a hold that is made larger by a capture',
    belief: believe('h1', { amount: 60n, remaining: 50n }),
    asked: { op: 'capture', id: 'x', hold: 'h1', amount: '50' },
    broken: [AGAIN, ENDED, BALANCES],
  },
  {
    name: 'a hold of which less was captured than before',
    asked: { op: 'release', id: 'x', hold: 'h1' },
    mended: hold({ captured: 9n, released: 31n }),
    broken: [AGAIN, ENDED],
  },
  {
    name: 'a hold that gave back more than it had',
    asked: { op: 'release', id: 'x', hold: 'h1' },
    mended: hold({ released: 31n }),
    broken: [AGAIN, WHOLE],
  },
  {
    name: 'a hold that ended though something remains',
    asked: { op: 'capture', id: 'x', hold: 'h1', amount: '1', final: false },
    mended: hold({ status: 'captured' }),
    broken: [AGAIN, WHOLE],
  },
  {
    name: 'a hold with another expiry',
    asked: { op: 'capture', id: 'x', hold: 'h1', amount: '1', final: false },
    mended: hold({ expiresAt: null }),
    broken: [AGAIN, ENDED],
  },
  {
    name: 'a hold released that was released before',
    belief: believe('h2', { remaining: 5n, released: 0n, status: 'placed' }),
    asked: { op: 'release', id: 'x', hold: 'h2' },
    broken: [AGAIN, ENDED, BALANCES],
  },
  {
    name: 'a hold captured that was never placed',
    belief: (book) => {
      believe('h9', { id: 'h9' })(book);
      book.commands.set('h9', book.command('h1')!);
    },
    asked: { op: 'capture', id: 'x', hold: 'h9' },
    broken: [AGAIN, ENDED, BALANCES],
  },
  {
    name: 'a hold placed a second time',
    belief: (book) => book.commands.delete('h1'),
    asked: { op: 'hold', id: 'h1', debit: 'b', credit: 'c', amount: '1' },
    broken: [AGAIN, ONCE, ENDED, BALANCES],
  },
  {
    name: 'a hold towards an account of another asset',
    belief: account('u', { asset: 'JPY' }),
    asked: { op: 'hold', id: 'x', debit: 'b', credit: 'u', amount: '1' },
    broken: [AGAIN, STRADDLES, ZERO],
  },
  {
    name: 'a hold between others than its totals say',
    asked: { op: 'hold', id: 'x', debit: 'b', credit: 'a', amount: '1' },
    mended: hold({ credit: 'c' }),
    broken: [AGAIN, STRADDLES, BALANCES],
  },
  {
    name: 'a hold for money that is not there',
    belief: account('b', { minBalance: null }),
    asked: { op: 'hold', id: 'x', debit: 'b', credit: 'c', amount: '404' },
    broken: [AGAIN, FLOOR],
  },
  {
    name: 'a hold past the ceiling',
    belief: account('b', { maxBalance: null }),
    asked: { op: 'hold', id: 'x', debit: 'a', credit: 'b', amount: '566' },
    broken: [AGAIN, 'no movement passes maxBalance'],
  },
  {
    name: 'an expiry before its time',
    asked: (book) => expireHold(book, 'h1', NOON + HOUR),
    mended: () => ({ recordedAt: NOON + HOUR - 1 }),
    broken: [AGAIN, DUE],
  },
  {
    name: 'an expiry that gives back half',
    asked: (book) => expireHold(book, 'h1', NOON + HOUR),
    mended: hold({ released: 15n, remaining: 15n, status: 'placed' }),
    broken: [AGAIN, BALANCES],
  },
  {
    name: 'an expiry of a hold that has ended',
    belief: believe('h2', { remaining: 5n, released: 0n, status: 'placed', expiresAt: NOON }),
    asked: (book) => expireHold(book, 'h2', NOON),
    broken: [AGAIN, ENDED, BALANCES],
  },
  { name: 'a capture of a hold that was due', at: NOON + HOUR, asked: { op: 'capture', id: 'x', hold: 'h1' }, broken: [DUE] },
  {
    name: 'a movement on an account whose hold was due',
    at: NOON + HOUR,
    asked: { op: 'transfer', id: 'x', debit: 'a', credit: 'c', amount: '1' },
    broken: [DUE],
  },
  { name: 'an update of an account whose hold was due', at: NOON + HOUR, asked: { op: 'update', id: 'x', account: 'b' }, broken: [DUE] },
  {
    name: 'a reversal of an entry whose account has a hold that was due',
    at: NOON + HOUR,
    asked: { op: 'reverse', id: 'x', entry: 't3' },
    broken: [DUE],
  },
  {
    name: 'a refusal for money that a due hold would have given back',
    at: NOON + HOUR,
    asked: { op: 'transfer', id: 'x', debit: 'b', credit: 'a', amount: '404' },
    broken: [DUE],
  },
  {
    name: 'nothing: accounts without a due hold may be used meanwhile',
    at: NOON + HOUR,
    asked: { op: 'update', id: 'x', account: 'a' },
    broken: [],
  },
  {
    name: 'a reversal after the whole was reversed, counted from nothing',
    belief: (book) => book.entries.clear(),
    asked: { op: 'reverse', id: 'x', entry: 't2' },
    broken: [AGAIN, MOST],
  },
  {
    name: 'a reversal of more than is left, counted right',
    belief: (book) => book.entries.clear(),
    asked: { op: 'reverse', id: 'x', entry: 't2', amount: '41' },
    mended: () => ({ reversed: 101n }),
    broken: [AGAIN, MOST],
  },
  {
    name: 'a reversal in the direction of its entry',
    belief: (book) =>
      book.entries.set('t2', {
        ...book.entry('t2')!,
        postings: [...book.entry('t2')!.postings].reverse().map((one, at) => ({ ...one, side: at === 0 ? 'debit' : 'credit' })),
      }),
    asked: { op: 'reverse', id: 'x', entry: 't2', amount: '1' },
    broken: [AGAIN, OPPOSITE],
  },
  {
    name: 'a reversal on another account',
    belief: (book) =>
      book.entries.set('t3', {
        ...book.entry('t3')!,
        postings: book.entry('t3')!.postings.map((one) => ({ ...one, account: one.account === 'a' ? 'c' : 'b' })),
      }),
    asked: { op: 'reverse', id: 'x', entry: 't3' },
    broken: [AGAIN, OPPOSITE],
  },
  {
    name: 'a reversal that divides several postings otherwise',
    belief: (book) =>
      book.entries.set('t4', {
        ...book.entry('t4')!,
        postings: book.entry('t4')!.postings.map((one, at) => ({ ...one, amount: [5n, 1n, 4n][at]! })),
      }),
    asked: { op: 'reverse', id: 'x', entry: 't4' },
    broken: [AGAIN, OPPOSITE],
  },
  {
    name: 'a reversal of what was never posted',
    belief: (book) => book.entries.set('t9', { ...book.entry('t2')!, id: 't9', reversed: 0n }),
    asked: { op: 'reverse', id: 'x', entry: 't9' },
    broken: [AGAIN, OPPOSITE],
  },
  {
    name: 'an entry in a closed period',
    belief: closedThrough(null),
    asked: { op: 'transfer', id: 'x', debit: 'a', credit: 'c', amount: '1', effectiveAt: '2026-01-31T23:59:59.999Z' },
    broken: [AGAIN, CLOSED],
  },
  {
    name: 'a capture in a closed period',
    belief: closedThrough(null),
    asked: { op: 'capture', id: 'x', hold: 'h1', effectiveAt: '2026-01-31T00:00:00Z' },
    broken: [AGAIN, CLOSED],
  },
  {
    name: 'a period closed again',
    belief: closedThrough(null),
    asked: { op: 'close-period', id: 'x', through: '2026-01-31' },
    broken: [AGAIN, PERIODS],
  },
  {
    name: 'a period closed before the last one',
    belief: closedThrough(null),
    asked: { op: 'close-period', id: 'x', through: '2025-12-31' },
    broken: [AGAIN, PERIODS],
  },
  {
    name: 'a period closed before it was over',
    at: NOON + 24 * HOUR,
    asked: { op: 'close-period', id: 'x', through: '2026-02-10' },
    mended: () => ({ recordedAt: NOON }),
    broken: [AGAIN, PERIODS],
  },
  {
    name: 'an entry on a closed account',
    belief: account('d', { closed: false }),
    asked: { op: 'transfer', id: 'x', debit: 'a', credit: 'd', amount: '1' },
    broken: [AGAIN, STILL],
  },
  {
    name: 'a hold on a closed account',
    belief: account('d', { closed: false }),
    asked: { op: 'hold', id: 'x', debit: 'a', credit: 'd', amount: '1' },
    broken: [AGAIN, STILL],
  },
  {
    name: 'an entry on a frozen account',
    belief: account('f', { frozen: 'none' }),
    asked: { op: 'transfer', id: 'x', debit: 'a', credit: 'f', amount: '1' },
    broken: [AGAIN],
  },
  {
    name: 'an entry for money that is held',
    belief: account('b', { debitsHeld: 0n }),
    asked: { op: 'transfer', id: 'x', debit: 'b', credit: 'a', amount: '400' },
    mended: (event: EntryPosted) => ({
      postings: event.postings.map((one) => (one.account === 'b' ? { ...one, balances: { ...one.balances, debitsHeld: 37n } } : one)),
    }),
    broken: [AGAIN, FLOOR],
  },
  {
    name: 'an entry with one leg larger',
    asked: { op: 'transfer', id: 'x', debit: 'a', credit: 'c', amount: '1' },
    mended: (event: EntryPosted) => ({ postings: event.postings.map((one, at) => ({ ...one, amount: at === 0 ? 2n : 1n })) }),
    broken: [AGAIN, 'every entry is zero per asset', BALANCES],
  },
  {
    name: 'an entry on an account of nobody',
    belief: (book) => book.accounts.set('x', { ...book.account('a')!, id: 'x' }),
    asked: { op: 'transfer', id: 'x', debit: 'x', credit: 'c', amount: '1' },
    broken: [AGAIN, 'only accounts of this ledger are moved', ZERO],
  },
  {
    name: 'an id that was used',
    belief: (book) => book.commands.delete('l2'),
    asked: { op: 'transfer', id: 'l2', debit: 'a', credit: 'c', amount: '1' },
    broken: [AGAIN, ONCE],
  },
  {
    name: 'an account opened with other decimal places',
    belief: (book) => book.defineAsset('JPY', 2),
    asked: { op: 'open', id: 'x', type: 'asset', asset: 'JPY' },
    broken: ['an asset has one exponent'],
  },
  {
    name: 'an event that leaves a position out',
    asked: { op: 'cancel', id: 'x' },
    mended: ({ position }: LedgerEvent) => ({ position: position + 1 }),
    broken: [AGAIN, 'positions have no gaps'],
  },
  {
    name: 'an event from before the last',
    asked: { op: 'cancel', id: 'x' },
    mended: ({ recordedAt }: LedgerEvent) => ({ recordedAt: recordedAt - 1 }),
    broken: [AGAIN, 'time never goes back'],
  },
  {
    name: 'a ledger opened again',
    belief: (book) => (book.ledger = { ...book.ledger, position: 0 }),
    asked: (book) => openLedger(book, { tenant: 't', ledger: 'main', name: '' }, NOON),
    mended: () => ({ position: play(BEFORE).journal.length + 1 }),
    broken: [AGAIN, 'a ledger is opened once, and first'],
  },
];

function forged({ belief, asked, at = NOON, mended }: Forgery): readonly LedgerEvent[] {
  const { book, journal } = play(BEFORE);
  belief?.(book);
  const event = typeof asked === 'function' ? asked(book) : made(book, asked, at);
  return [...journal, mended ? { ...event, ...mended(event as never) } : event];
}

function made(book: Book, operation: Record<string, unknown>, at: number): LedgerEvent {
  const read = readOperation(operation, at);
  if (!('command' in read) || read.command.op === 'group') throw new Error('It is badly shaped.');
  const [event] = decide(book, read.command, at).events;
  if (!event) throw new Error('The forger did not believe enough.');
  return event;
}

describe('a forged event is told by what it breaks', () => {
  it.each(forgeries)('$name', (forgery) => {
    const violations = checkJournal(forged(forgery));
    expect([...new Set(violations.map(({ invariant }) => invariant))]).toEqual(forgery.broken);
  });

  it('and so is every invariant there is', () => {
    const told = new Set(forgeries.flatMap(({ broken }) => broken));
    expect(invariants.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
  });
});
