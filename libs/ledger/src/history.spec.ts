import * as fc from 'fast-check';
import { bookDifference, checkJournal } from './audit.js';
import type { Answer, GroupAnswer } from './answer.js';
import { Book } from './book.js';
import { accountsTouched, decide } from './decide.js';
import { firstDifference } from './difference.js';
import { type LedgerEvent, isEntry } from './events.js';
import { type Lived, decided, expireDue, group, history, live, shaped } from './history.fixture.js';
import { recordedPairs } from './recorded-pairs.fixture.js';

// Whatever is asked of a ledger, in whatever order, whenever: this holds.

const RUNS = 10_000;
/** They take half a minute of one core. */
const TIMEOUT_MS = 300_000;

/** The first thing in which two books differ: what both say of the ledger, and what they remember. */
function difference(left: Book, right: Book): string | null {
  return (
    bookDifference(left, right) ??
    (['ended', 'entries', 'openings', 'commands'] as const).reduce<string | null>(
      (found, name) =>
        found ?? firstDifference(Object.fromEntries<unknown>(left[name]), Object.fromEntries<unknown>(right[name]), [], name),
      null,
    ) ??
    firstDifference(left.nextExpiry, right.nextExpiry, [], 'nextExpiry')
  );
}

function bookOf(journal: readonly LedgerEvent[]): Book {
  const book = new Book();
  for (const event of journal) book.apply(event);
  return book;
}

/** Sums by a name, the plain way. */
class Sums {
  private readonly sums = new Map<string, bigint>();

  of(name: string): bigint {
    return this.sums.get(name) ?? 0n;
  }

  add(name: string, amount: bigint): void {
    this.sums.set(name, this.of(name) + amount);
  }
}

/** The four totals of every account are the sums of what was posted and of what is still held. */
function totalled({ book, journal }: Lived): void {
  const sums = new Sums();
  const holding = (debit: string, credit: string, amount: bigint) => {
    sums.add(`${debit} debit held`, amount);
    sums.add(`${credit} credit held`, amount);
  };
  for (const event of journal) {
    if (isEntry(event)) for (const { account, side, amount } of event.postings) sums.add(`${account} ${side}`, amount);
    if (event.type === 'HoldPlaced') holding(event.command.debit, event.command.credit, event.command.amount);
    if (event.type === 'HoldCaptured') holding(event.hold.debit, event.hold.credit, -event.postings[0]!.amount - event.released);
  }
  for (const { debit, credit, released, status } of book.ended.values())
    // A capture says what it gave back by itself; all else that was given back ended its hold.
    if (status !== 'captured') holding(debit, credit, -released);
  const found = [...book.accounts.values()].map(({ id, debitsPosted, debitsHeld, creditsPosted, creditsHeld }) =>
    [id, debitsPosted, debitsHeld, creditsPosted, creditsHeld].join(' '),
  );
  const expected = [...book.accounts.keys()].map((id) =>
    [id, ...['debit', 'debit held', 'credit', 'credit held'].map((total) => sums.of(`${id} ${total}`))].join(' '),
  );
  expect(found).toEqual(expected);
}

/** Of every hold: captured, released and remaining are what was placed, and captured is what was posted for it. */
function holdsAddUp({ book, journal }: Lived): void {
  const captured = new Sums();
  for (const event of journal) if (event.type === 'HoldCaptured') captured.add(event.hold.id, event.postings[0]!.amount);
  const placed = journal.flatMap((event) => (event.type === 'HoldPlaced' ? [event.command] : []));
  expect(placed.length).toBe(book.open.size + book.ended.size);
  const astray = placed.filter(({ id, amount }) => {
    const hold = book.hold(id)!;
    const whole = hold.captured + hold.released + hold.remaining === amount && hold.captured === captured.of(id);
    return !whole || (hold.status === 'placed') !== hold.remaining > 0n;
  });
  expect(astray).toEqual([]);
}

/** Of every entry: what its reversals moved is never more than it moved itself. */
function reversalsAddUp({ book, journal }: Lived): void {
  const moved = new Sums();
  const reversed = new Sums();
  for (const event of journal.filter(isEntry))
    for (const { side, amount } of event.postings)
      if (side === 'debit') {
        moved.add(event.command.id, amount);
        if (event.command.op === 'reverse') reversed.add(event.command.entry, amount);
      }
  const astray = journal.filter(isEntry).filter(({ command: { id } }) => {
    const sum = reversed.of(id);
    return sum > moved.of(id) || book.entry(id)!.reversed !== sum;
  });
  expect(astray).toEqual([]);
}

/** What had an effect has none when it is sent again, and gets the first answer. */
function sentAgain({ book, taken, now }: Lived): void {
  const effective = taken.filter(({ command, events, answer }) =>
    command.op === 'group' ? answer.status === 'applied' : events.length > 0,
  );
  const again = effective.map(({ command }) => decided(book, command, now));
  expect(again.flatMap(({ events }) => events)).toEqual([]);
  expect(again.map(({ answer }) => answer.status)).toEqual(effective.map(({ answer }) => answer.status));
  expect(again.flatMap(({ answer }) => eventsOf(answer))).toEqual(effective.flatMap(({ answer }) => eventsOf(answer)));
}

const eventsOf = (answer: Answer | GroupAnswer) => ('answers' in answer ? answer.answers.map(({ event }) => event) : [answer.event]);

describe('after any history', () => {
  it(
    'every invariant holds, a replay gives the same book, the sums are right, and nothing has an effect twice',
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(history, (steps) => {
          const lived = live(steps);
          for (const event of lived.journal)
            seen.add(event.type === 'TransferRejected' ? `${event.command.op} ${event.rejection.code}` : event.type);
          expect(checkJournal(lived.journal)).toEqual([]);
          expect(difference(bookOf(lived.journal), lived.book)).toBeNull();
          totalled(lived);
          holdsAddUp(lived);
          reversalsAddUp(lived);
          sentAgain(lived);
        }),
        { numRuns: RUNS },
      );
      // The histories are worth something only if they go everywhere.
      const accounts = ['AccountOpened', 'AccountUpdated', 'AccountClosed', 'AccountReopened'];
      const holds = ['HoldPlaced', 'HoldCaptured', 'HoldReleased', 'HoldExpired'];
      const everywhere = ['LedgerOpened', ...accounts, 'EntryPosted', ...holds, 'PeriodClosed', 'cancel cancelled', ...recordedPairs];
      expect(everywhere.filter((kind) => !seen.has(kind))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'a group does what its commands would have done one by one, or nothing',
    () => {
      fc.assert(
        fc.property(history, group, (steps, asked) => {
          const { book, journal, now } = live(steps);
          const command = shaped(book, asked, now);
          if (command?.op !== 'group') return;
          const [together, alone] = [bookOf(journal), bookOf(journal)];
          for (const one of [together, alone]) expireDue(one, now, accountsTouched(one, command));
          const { events, answer } = decided(together, command, now);
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
    },
    TIMEOUT_MS,
  );
});
