import * as fc from 'fast-check';
import { bookDifference, checkJournal } from './audit.js';
import { Book } from './book.js';
import type { Command, Group } from './command.js';
import { decide, openLedger } from './decide.js';
import type { LedgerEvent } from './events.js';
import { decideGroup } from './group.js';
import { readOperation } from './shape.js';

// A small world, so that ids, accounts and limits meet often: whatever is asked of a ledger, in whatever order,
// the invariants hold.

const RUNS = 2_000;
const BEGIN = Date.UTC(2026, 0, 5, 9);

const account = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const id = fc.integer({ min: 1, max: 12 }).map((n) => `t${n}`);
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }).map(String) },
  { weight: 1, arbitrary: fc.constant(String(2n ** 128n - 5n)) },
);
const limit = fc.option(fc.integer({ min: -20, max: 20 }).map(String), { nil: null });
const texts = { reference: fc.constantFrom('r', 's'), metadata: fc.constantFrom({}, { k: 'v' }) };

const postings = fc.array(fc.record({ account, amount: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 4 }).map((debits) => [
  ...debits.map((leg) => ({ ...leg, side: 'debit', amount: String(leg.amount) })),
  // The credits go to the accounts in the other order, so that most entries balance, also per asset.
  ...debits.map((leg, place) => ({ account: debits.at(-1 - place)!.account, side: 'credit', amount: String(leg.amount) })),
]);

const operation = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record(
      {
        op: fc.constant('open'),
        id: account,
        type: fc.constantFrom('asset', 'liability', 'expense'),
        asset: fc.constantFrom('JPY', 'JPY', 'USD'),
        minBalance: limit,
        maxBalance: limit,
        metadata: texts.metadata,
      },
      { requiredKeys: ['op', 'id', 'type', 'asset'] },
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record(
      { op: fc.constant('transfer'), id, debit: account, credit: account, amount, ...texts },
      { requiredKeys: ['op', 'id', 'debit', 'credit', 'amount'] },
    ),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('transfer'), id, postings }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        op: fc.constant('update'),
        id,
        account,
        minBalance: limit,
        maxBalance: limit,
        frozen: fc.constantFrom('none', 'none', 'debits', 'credits', 'all'),
        metadata: texts.metadata,
      },
      { requiredKeys: ['op', 'id', 'account'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('close', 'reopen', 'reopen'), id, account }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel'), id }) },
);

const group = fc.record({ op: fc.constant('group'), operations: fc.array(operation, { minLength: 1, maxLength: 4 }) });
const step = fc.record({
  operation: fc.oneof({ weight: 6, arbitrary: operation as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: group }),
  // The wall clock may jump, also back.
  elapsed: fc.integer({ min: -5_000, max: 5_000 }),
});
const history = fc.array(step, { maxLength: 30, size: 'max' });

interface Taken {
  readonly command: Command | Group;
  readonly events: readonly LedgerEvent[];
}

function live(steps: readonly { operation: unknown; elapsed: number }[]) {
  const book = new Book();
  const opening = openLedger(book, { tenant: 'tests', ledger: 'main', name: '' }, BEGIN);
  book.apply(opening);
  for (const [place, name] of ['a', 'b', 'c'].entries())
    for (const event of decided(book, shaped({ op: 'open', id: name, type: place ? 'liability' : 'asset', asset: 'JPY' })!, BEGIN))
      book.apply(event);
  const journal: LedgerEvent[] = [opening, ...book.openings.values()];
  const taken: Taken[] = [];
  let now = BEGIN;
  for (const { operation, elapsed } of steps) {
    now += elapsed;
    const command = shaped(operation);
    if (!command) continue;
    const events = decided(book, command, now);
    for (const event of events) book.apply(event);
    journal.push(...events);
    taken.push({ command, events });
  }
  return { book, journal, taken, now };
}

function shaped(operation: unknown): Command | Group | null {
  const read = readOperation(operation, BEGIN);
  return 'command' in read ? read.command : null;
}

const decided = (book: Book, command: Command | Group, now: number): readonly LedgerEvent[] =>
  command.op === 'group' ? decideGroup(book, command, now).events : decide(book, command, now).events;

type Lived = ReturnType<typeof live>;

function replayed({ book, journal }: Lived): void {
  const again = new Book();
  for (const event of journal) again.apply(event);
  expect(bookDifference(again, book)).toBeNull();
  expect([...again.commands.keys()]).toEqual([...book.commands.keys()]);
}

/** The four totals of every account are the sums of its postings. */
function totalled({ book, journal }: Lived): void {
  const sums = new Map<string, bigint>();
  for (const { account, side, amount } of journal.flatMap((event) => (event.type === 'EntryPosted' ? event.postings : [])))
    sums.set(`${account} ${side}`, (sums.get(`${account} ${side}`) ?? 0n) + amount);
  for (const { id, debitsPosted, creditsPosted } of book.accounts.values())
    expect([debitsPosted, creditsPosted]).toEqual([sums.get(`${id} debit`) ?? 0n, sums.get(`${id} credit`) ?? 0n]);
}

function sentAgain({ book, taken, now }: Lived): void {
  for (const { command, events } of taken) {
    if (events.length === 0 || command.op === 'group') continue;
    const { events: more, answer } = decide(book, command, now);
    expect([more.length, answer.replayed]).toEqual([0, true]);
    expect(answer.event).toBe(events[0]);
  }
}

describe('after any history', () => {
  it('every invariant holds, a replay gives the same book, and what had an effect has none when it is sent again', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (steps) => {
        const lived = live(steps);
        for (const event of lived.journal) seen.add(event.type === 'TransferRejected' ? event.rejection.code : event.type);
        expect(checkJournal(lived.journal)).toEqual([]);
        replayed(lived);
        totalled(lived);
        sentAgain(lived);
      }),
      { numRuns: RUNS },
    );
    // The histories are worth something only if they go everywhere.
    const everywhere = ['LedgerOpened', 'AccountOpened', 'AccountUpdated', 'AccountClosed', 'AccountReopened', 'EntryPosted'];
    const refusals = ['cancelled', 'account_not_found', 'account_closed', 'account_frozen', 'insufficient_funds', 'limit_exceeded'];
    expect([...everywhere, ...refusals].filter((kind) => !seen.has(kind))).toEqual([]);
  });

  it('a group does what its commands would have done one by one, or nothing', () => {
    fc.assert(
      fc.property(history, group, (steps, asked) => {
        const { journal, now } = live(steps);
        const command = shaped(asked);
        if (command?.op !== 'group') return;
        const [together, alone] = [new Book(), new Book()];
        for (const event of journal) [together, alone].forEach((book) => book.apply(event));
        const { events, answer } = decideGroup(together, command, now);
        for (const event of events) together.apply(event);
        const answers = command.operations.map((one) => {
          const decision = decide(alone, one, now);
          for (const event of decision.events) alone.apply(event);
          return decision.answer.status;
        });
        const done = !answers.includes('rejected');
        expect(answer.status).toBe(done ? 'applied' : 'rejected');
        const rest = done ? bookDifference(together, alone) : events.slice(1);
        const culprit = done || events.every((event) => event.type === 'TransferRejected' && event.inGroup);
        expect([rest ?? [], culprit]).toEqual([[], true]);
      }),
      { numRuns: RUNS },
    );
  });
});
