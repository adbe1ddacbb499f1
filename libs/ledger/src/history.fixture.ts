import * as fc from 'fast-check';
import type { Answer, GroupAnswer } from './answer.js';
import { Book } from './book.js';
import type { Command, Group } from './command.js';
import { accountsTouched, decide, openLedger } from './decide.js';
import { type LedgerEvent, isEntry } from './events.js';
import { decideGroup } from './group.js';
import { expireHold } from './holding.js';
import { dayOf, formatInstant } from './instant.js';
import { readOperation } from './shape.js';

// A small world, so that ids, accounts, holds and limits meet often: whatever may be asked of a ledger, in any order.

export const BEGIN = Date.UTC(2026, 0, 5, 9);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Opened at the start: four in yen and `e` in dollars; `f` is there only once somebody has opened it. */
const account = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  { weight: 1, arbitrary: fc.constant('e') },
  { weight: 1, arbitrary: fc.constant('f') },
);
const named = (letter: string, most: number) => fc.integer({ min: 1, max: most }).map((n) => `${letter}${n}`);
const id = named('t', 40);
/** One space of ids for all commands: now and then a hold is named like a transfer, or a transfer is taken for a hold. */
const hold = fc.oneof({ weight: 9, arbitrary: named('h', 12) }, { weight: 1, arbitrary: id });
/** A hold or an entry that is there when it is asked for, by its number; now and then just any id. */
const known = (any: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: fc.nat(20) as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: any });
const small = fc.integer({ min: 1, max: 9 }).map(String);
const amount = fc.oneof({ weight: 20, arbitrary: small }, { weight: 1, arbitrary: fc.constant(String(2n ** 128n - 5n)) });
const limit = fc.option(fc.integer({ min: -20, max: 20 }).map(String), { nil: null });
const texts = { reference: fc.constantFrom('r', 's'), metadata: fc.constantFrom({}, { k: 'v' }) };
/** Times hang on the moment of asking: these are ms from then. */
const effectiveAt = fc.constantFrom(0, -HOUR, -DAY, -3 * DAY, 60_000);
const expiresAt = fc.constantFrom(0, 1, 2_000, HOUR, 2 * HOUR, DAY, null);

const postings = fc.array(fc.record({ account, amount: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 4 }).map((debits) => [
  ...debits.map((leg) => ({ ...leg, side: 'debit', amount: String(leg.amount) })),
  // The credits go to the accounts in the other order, so that most entries balance, also per asset.
  ...debits.map((leg, place) => ({ account: debits.at(-1 - place)!.account, side: 'credit', amount: String(leg.amount) })),
]);

type Fields = Record<string, fc.Arbitrary<unknown>>;
type Operation = Record<string, unknown>;

/** An operation with these fields always, and those sometimes. */
function asked(op: string, always: Fields, sometimes: Fields = {}): fc.Arbitrary<Operation> {
  const fields: Fields = { op: fc.constant(op), ...always, ...sometimes };
  return fc.record(fields, { requiredKeys: ['op', ...Object.keys(always)] }) as fc.Arbitrary<Operation>;
}

/** Mostly two accounts of one asset. */
const pair = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('ab', 'ba', 'ac', 'ca', 'bc', 'cd', 'db', 'da') },
  { weight: 1, arbitrary: fc.constantFrom('ae', 'fb', 'af', 'aa') },
);
const between = (op: string, always: Fields, sometimes: Fields = {}) =>
  asked(op, { pair, ...always }, sometimes).map(({ pair, ...rest }): Operation => {
    const [debit, credit] = pair as string;
    return { ...rest, debit, credit };
  });

const operation = fc.oneof(
  {
    weight: 1,
    arbitrary: asked(
      'open',
      {
        id: fc.constantFrom('a', 'e', 'f', 'f'),
        type: fc.constantFrom('asset', 'liability', 'expense'),
        asset: fc.constantFrom('JPY', 'JPY', 'USD'),
      },
      { minBalance: limit, maxBalance: limit, metadata: texts.metadata },
    ),
  },
  { weight: 6, arbitrary: between('transfer', { id, amount }, { effectiveAt, ...texts }) },
  {
    weight: 2,
    arbitrary: between('transfer', { id, amount, cap: fc.constantFrom('debit', 'credit', 'both') }),
  },
  { weight: 2, arbitrary: asked('transfer', { id, postings }) },
  { weight: 6, arbitrary: between('hold', { id: hold, amount }, { expiresAt, ...texts }) },
  { weight: 6, arbitrary: asked('capture', { id, hold: known(hold) }, { amount: small, final: fc.boolean(), effectiveAt, ...texts }) },
  { weight: 2, arbitrary: asked('release', { id, hold: known(hold) }) },
  { weight: 5, arbitrary: asked('reverse', { id, entry: known(id) }, { amount: small, ...texts }) },
  {
    weight: 2,
    arbitrary: asked(
      'update',
      { id, account },
      {
        minBalance: limit,
        maxBalance: limit,
        frozen: fc.constantFrom('none', 'none', 'debits', 'credits', 'all'),
        metadata: texts.metadata,
      },
    ),
  },
  { weight: 2, arbitrary: asked('close', { id, account }) },
  { weight: 1, arbitrary: asked('reopen', { id, account }) },
  { weight: 1, arbitrary: asked('close-period', { id, through: fc.constantFrom(-3 * DAY, -2 * DAY, -DAY, 0) }) },
  { weight: 1, arbitrary: asked('cancel', { id: fc.oneof(id, hold) }) },
);

export const group = fc.record({ op: fc.constant('group'), operations: fc.array(operation, { minLength: 1, maxLength: 5 }) });
const step = fc.record({
  /** Null: nobody asks anything, and the writer gives back what has fallen due. */
  operation: fc.oneof(
    { weight: 12, arbitrary: operation as fc.Arbitrary<Operation | null> },
    { weight: 2, arbitrary: group },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  // The wall clock may jump, also back.
  elapsed: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -5_000, max: 5_000 }) },
    { weight: 3, arbitrary: fc.constant(HOUR) },
    { weight: 1, arbitrary: fc.constant(DAY) },
  ),
});
export const history = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });
export type History = typeof history extends fc.Arbitrary<infer Steps> ? Steps : never;

/** A command that was decided, what it caused, and what was answered. */
export interface Taken {
  readonly command: Command | Group;
  readonly events: readonly LedgerEvent[];
  readonly answer: Answer | GroupAnswer;
}

/** What came of a history. */
export interface Lived {
  readonly book: Book;
  readonly journal: readonly LedgerEvent[];
  readonly taken: readonly Taken[];
  readonly now: number;
}

/** Lives through a history as the writer does: what is due expires before a command touches it, and the rest in time. */
export function live(steps: History): Lived {
  const book = new Book();
  const journal: LedgerEvent[] = [];
  const taken: Taken[] = [];
  const record = (event: LedgerEvent) => {
    book.apply(event);
    journal.push(event);
  };
  const take = (command: Command | Group, now: number) => {
    expireDue(book, now, accountsTouched(book, command)).forEach((event) => journal.push(event));
    const { events, answer } = decided(book, command, now);
    events.forEach(record);
    taken.push({ command, events, answer });
  };
  record(openLedger(book, { tenant: 'tests', ledger: 'main', name: '' }, BEGIN));
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    take(
      shaped(book, { op: 'open', id: name, type: name === 'a' ? 'asset' : 'liability', asset: name === 'e' ? 'USD' : 'JPY' }, BEGIN)!,
      BEGIN,
    );
  let now = BEGIN;
  for (const { operation, elapsed } of steps) {
    now += elapsed;
    const command = operation && shaped(book, operation, now);
    if (command) take(command, now);
    else if (!operation) expireDue(book, now).forEach((event) => journal.push(event));
  }
  return { book, journal, taken, now };
}

/** Gives back what is due: on these accounts, or on all. */
export function expireDue(book: Book, now: number, accounts?: readonly string[]): readonly LedgerEvent[] {
  const moment = Math.max(now, book.ledger.recordedAt);
  const events: LedgerEvent[] = [];
  for (let due = book.firstDue(moment, accounts); due !== null; due = book.firstDue(moment, accounts)) {
    const event = expireHold(book, due, now);
    book.apply(event);
    events.push(event);
  }
  return events;
}

export const decided = (book: Book, command: Command | Group, now: number) =>
  command.op === 'group' ? decideGroup(book, command, now) : decide(book, command, now);

/** What is read of an operation; null where it is badly shaped. */
export function shaped(book: Book, operation: Operation, now: number): Command | Group | null {
  const read = readOperation(spelled(book, operation, now), now);
  return 'command' in read ? read.command : null;
}

/** An operation with its numbers made into what they stand for now: moments, days, holds and entries. */
function spelled(book: Book, operation: Operation, now: number): Operation {
  const words = Object.entries(operation).map(([name, value]) => {
    if (name === 'operations') return [name, (value as Operation[]).map((member) => spelled(book, member, now))];
    if (typeof value !== 'number') return [name, value];
    if (name === 'hold') return [name, nth([...book.open.keys(), ...book.ended.keys()], value) ?? 'h1'];
    if (name === 'entry') return [name, nth([...book.commands.values()].filter(isEntry), value)?.command.id ?? 't1'];
    return [name, name === 'through' ? dayOf(now + value) : formatInstant(now + value)];
  });
  return Object.fromEntries(words) as Operation;
}

const nth = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];
