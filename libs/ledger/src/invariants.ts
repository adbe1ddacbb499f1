import type { Account } from './account.js';
import { type Balances, available, balancesOf, holdOn, noBalances, post, withBalances } from './balance.js';
import type { Book } from './book.js';
import { accountsTouched } from './decide.js';
import { firstDifference } from './difference.js';
import { type AccountBalances, type LedgerEvent, isEntry } from './events.js';
import type { Entry } from './facts.js';
import { isDue } from './hold.js';
import { dayOf } from './instant.js';
import { reach } from './movement.js';
import type { RecordedPosting } from './posting.js';
import { amountOf } from './reversal.js';

/** Something that must be true of every event of every journal, told by its name. */
export interface Invariant {
  readonly name: string;
  /** What is wrong with this event, or null. The history is as it stands before the event. */
  readonly broken: (history: History, event: LedgerEvent) => string | null;
  /** Where it is broken, the event cannot be taken into the book at all. */
  readonly final?: true;
}

/** What is known of a journal up to some event. */
export interface History {
  readonly book: Book;
  /** Ids of commands that were spent, `open` apart. */
  readonly spent: ReadonlySet<string>;
  readonly exponents: ReadonlyMap<string, number>;
  /** Debits less credits of all accounts by asset: posted, and held. */
  readonly sums: ReadonlyMap<string, Sum>;
}

export interface Sum {
  readonly posted: bigint;
  readonly held: bigint;
}

/** One list, for the tests, the verifier, the simulator and the console. */
export const invariants: readonly Invariant[] = [
  { name: 'positions have no gaps', broken: gap, final: true },
  { name: 'time never goes back', broken: timeGoesBack },
  { name: 'a ledger is opened once, and first', broken: openedTwice },
  { name: 'one id, one effect', broken: spentBefore },
  { name: 'an asset has one exponent', broken: anotherExponent },
  { name: 'only accounts of this ledger are moved', broken: movesStranger, final: true },
  { name: 'no closed account is moved', broken: movesClosed },
  { name: 'a hold stands between accounts of one asset', broken: holdAstray },
  { name: 'captured + released + remaining = placed', broken: holdNotWhole },
  { name: 'a hold that ended stays as it ended', broken: holdRaised },
  { name: 'a hold expires when it is due, before its accounts are touched', broken: expiryAstray },
  { name: 'every entry is zero per asset', broken: entryNotZero },
  { name: 'a reversal is the opposite of its entry', broken: reversalAstray },
  { name: 'reversals never exceed the entry', broken: reversedTooMuch },
  { name: 'no entry is effective in a closed period', broken: effectiveInClosedPeriod },
  { name: 'periods close in order, once they are over', broken: periodAstray },
  { name: 'balances follow from postings and holds', broken: balancesAstray },
  { name: 'the book is zero per asset', broken: bookNotZero },
  { name: 'available never falls below minBalance through a movement', broken: floorBroken },
  { name: 'no movement passes maxBalance', broken: ceilingBroken },
];

function gap({ book }: History, { position }: LedgerEvent): string | null {
  return position === book.ledger.position + 1 ? null : `it follows position ${book.ledger.position}`;
}

function timeGoesBack({ book }: History, { recordedAt }: LedgerEvent): string | null {
  return recordedAt >= book.ledger.recordedAt ? null : `it was recorded ${book.ledger.recordedAt - recordedAt} ms before the one before it`;
}

function openedTwice({ book }: History, event: LedgerEvent): string | null {
  return (event.type === 'LedgerOpened') === (book.ledger.position === 0) ? null : `${event.type} follows position ${book.ledger.position}`;
}

function spentBefore({ book, spent }: History, event: LedgerEvent): string | null {
  if (!('command' in event)) return null;
  const { id } = event.command;
  const again = event.type === 'AccountOpened' ? book.accounts.has(id) : spent.has(id);
  return again ? `${id} had its effect before` : null;
}

function anotherExponent({ exponents }: History, event: LedgerEvent): string | null {
  if (event.type !== 'AccountOpened') return null;
  const { asset, exponent } = event.account;
  return (exponents.get(asset) ?? exponent) === exponent
    ? null
    : `${asset} had ${exponents.get(asset)} decimal places, and here ${exponent}`;
}

function movesStranger({ book }: History, event: LedgerEvent): string | null {
  const stranger = postingsOf(event).find(({ account, asset }) => book.account(account)?.asset !== asset);
  if (stranger) return `there is no account ${stranger.account} in ${stranger.asset}`;
  const unknown = totalsIn(event).find(({ account }) => !book.account(account));
  return unknown ? `there is no account ${unknown.account}` : null;
}

/** Giving held money back is always possible; but no closed account has any. */
function movesClosed({ book }: History, event: LedgerEvent): string | null {
  const closed = totalsIn(event).find(({ account }) => book.account(account)?.closed);
  return closed ? `${closed.account} is closed` : null;
}

function holdAstray({ book }: History, event: LedgerEvent): string | null {
  if (!('hold' in event)) return null;
  const { debit, credit, asset } = event.hold;
  const [one, other] = totalsIn(event);
  if (one?.account !== debit || other?.account !== credit || debit === credit) return `its accounts are not ${debit} and ${credit}`;
  return [debit, credit].every((account) => book.account(account)?.asset === asset) ? null : `its accounts are not in ${asset}`;
}

function holdNotWhole(_: History, event: LedgerEvent): string | null {
  if (!('hold' in event)) return null;
  const { amount, captured, released, remaining, status } = event.hold;
  if (captured < 0n || released < 0n || remaining < 0n || amount <= 0n || captured + released + remaining !== amount)
    return `${captured} captured, ${released} released and ${remaining} remaining are not the ${amount} that were placed`;
  return (status === 'placed') === remaining > 0n ? null : `${remaining} remain of a hold that is ${status}`;
}

/** Only an open hold changes, and only by being used up: its parties, amount and expiry stay. */
function holdRaised({ book }: History, event: LedgerEvent): string | null {
  if (!('hold' in event)) return null;
  const { hold } = event;
  const before = book.hold(hold.id);
  if (event.type === 'HoldPlaced') return before ? `a hold ${hold.id} was placed before` : null;
  if (before?.status !== 'placed') return `there is no open hold ${hold.id}`;
  if (hold.captured < before.captured || hold.released < before.released) return `less of ${hold.id} is captured or released than before`;
  const { debit, credit, asset, amount, expiresAt, placedAt, placedPosition } = before;
  return firstDifference({ ...hold, debit, credit, asset, amount, expiresAt, placedAt, placedPosition }, hold);
}

function expiryAstray({ book }: History, event: LedgerEvent): string | null {
  const { recordedAt } = event;
  if (event.type === 'HoldExpired') return isDue(event.hold, recordedAt) ? null : `${event.hold.id} was not due`;
  const touched = 'command' in event ? accountsTouched(book, event.command) : [];
  const due = book.firstDue(recordedAt, touched);
  return due === null ? null : `the hold ${due} was due, and had not expired`;
}

function reversalAstray({ book }: History, event: LedgerEvent): string | null {
  const entry = reversedEntry(book, event);
  if (entry === undefined) return null;
  if (entry === null) return 'it reverses an entry that was never posted';
  // Two postings may be reversed in part; more only as they are.
  const amounts = entry.postings.length > 2;
  const opposite = entry.postings.map(({ account, side, amount }) =>
    [account, side === 'debit' ? 'credit' : 'debit', amounts && amount].join(' '),
  );
  const found = postingsOf(event).map(({ account, side, amount }) => [account, side, amounts && amount].join(' '));
  return opposite.sort().join() === found.sort().join() ? null : `its postings are not the opposite of those of ${entry.id}`;
}

function reversedTooMuch({ book }: History, event: LedgerEvent): string | null {
  const entry = reversedEntry(book, event);
  if (!entry || event.type !== 'EntryPosted') return null;
  const reversed = entry.reversed + amountOf(event.postings);
  if (reversed !== event.reversed) return `${reversed} of ${entry.id} are reversed after it, not ${event.reversed}`;
  return reversed <= amountOf(entry.postings) ? null : `${reversed} of ${entry.id} are reversed, which moved ${amountOf(entry.postings)}`;
}

/** Undefined where the event is no reversal; null where its entry is unknown. */
function reversedEntry(book: Book, event: LedgerEvent): Entry | null | undefined {
  if (event.type !== 'EntryPosted' || event.command.op !== 'reverse') return undefined;
  return book.entry(event.command.entry) ?? null;
}

function effectiveInClosedPeriod({ book }: History, event: LedgerEvent): string | null {
  const { closedThrough } = book.ledger;
  if (!isEntry(event) || closedThrough === null || dayOf(event.effectiveAt) > closedThrough) return null;
  return `it is effective on ${dayOf(event.effectiveAt)}, and the books are closed through ${closedThrough}`;
}

function periodAstray({ book }: History, event: LedgerEvent): string | null {
  if (event.type !== 'PeriodClosed') return null;
  const { through } = event.command;
  const { closedThrough } = book.ledger;
  if (closedThrough !== null && through <= closedThrough) return `the books were closed through ${closedThrough} already`;
  return through < dayOf(event.recordedAt) ? null : `${through} was not over`;
}

function entryNotZero(_: History, event: LedgerEvent): string | null {
  const sums = new Map<string, bigint>();
  for (const { asset, side, amount } of postingsOf(event)) sums.set(asset, (sums.get(asset) ?? 0n) + (side === 'debit' ? amount : -amount));
  for (const [asset, sum] of sums) if (sum !== 0n) return `debits less credits are ${sum} ${asset}`;
  return null;
}

/** Each account's four totals, as recorded, are the ones before with the postings and what the hold changed. */
function balancesAstray({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event)) {
    const postings = postingsOf(event).filter(({ account }) => account === after.id);
    const posted = postings.reduce((account, { side, amount }) => post(account, side, amount), before);
    const expected = heldIn(book, event, posted);
    if (!sameBalances(expected, after)) return `the balances of ${after.id} are not those before it and what it moves`;
    for (const { account, balances } of totalsIn(event))
      if (account === after.id && !sameBalances(balances, after)) return `it disagrees with itself on ${after.id}`;
  }
  return null;
}

/** An account with what a hold's event holds on it, or gives back. */
function heldIn(book: Book, event: LedgerEvent, account: Account): Account {
  if (!('hold' in event)) return account;
  const { id, debit, credit, remaining } = event.hold;
  const change = remaining - (book.hold(id)?.remaining ?? 0n);
  const debited = account.id === debit ? holdOn(account, 'debit', change) : account;
  return account.id === credit ? holdOn(debited, 'credit', change) : debited;
}

function bookNotZero({ book, sums }: History, event: LedgerEvent): string | null {
  for (const [asset, { posted, held }] of sumsAfter(book, sums, event))
    if (posted !== 0n || held !== 0n) return `debits less credits are ${posted} posted and ${held} held, ${asset}`;
  return null;
}

function floorBroken({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event))
    if (limitsApply(event) && after.minBalance !== null && available(after) < available(before) && available(after) < after.minBalance)
      return `${after.id} is left with ${available(after)} available, below ${after.minBalance}`;
  return null;
}

function ceilingBroken({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event))
    if (limitsApply(event) && after.maxBalance !== null && reach(after) > reach(before) && reach(after) > after.maxBalance)
      return `${after.id} comes to ${reach(after)}, above ${after.maxBalance}`;
  return null;
}

/** A capture's limits were looked at when the money was held; giving it back brings accounts where they were. */
const limitsApply = ({ type }: LedgerEvent): boolean => type === 'EntryPosted' || type === 'HoldPlaced';

const postingsOf = (event: LedgerEvent): readonly RecordedPosting[] => (isEntry(event) ? event.postings : []);

/** Every place where an event says what an account's totals are after it. */
function totalsIn(event: LedgerEvent): readonly AccountBalances[] {
  return 'accounts' in event ? event.accounts : postingsOf(event);
}

interface Movement {
  readonly before: Account;
  readonly after: Account;
}

/** The accounts that an event touches, each once, as they were and as it says they are. */
function movements(book: Book, event: LedgerEvent): readonly Movement[] {
  if ('account' in event) {
    const after = event.account;
    return [{ before: book.account(after.id) ?? withBalances(after, noBalances), after }];
  }
  const moved = new Map<string, Movement>();
  for (const { account, balances } of totalsIn(event)) {
    const before = book.account(account);
    if (before && !moved.has(account)) moved.set(account, { before, after: withBalances(before, balances) });
  }
  return [...moved.values()];
}

/** The sums of the assets that an event touches, as they are after it. */
export function sumsAfter(book: Book, sums: History['sums'], event: LedgerEvent): ReadonlyMap<string, Sum> {
  const changed = new Map<string, Sum>();
  for (const { before, after } of movements(book, event)) {
    const { posted, held } = changed.get(after.asset) ?? sums.get(after.asset) ?? { posted: 0n, held: 0n };
    changed.set(after.asset, {
      posted: posted + (after.debitsPosted - before.debitsPosted) - (after.creditsPosted - before.creditsPosted),
      held: held + (after.debitsHeld - before.debitsHeld) - (after.creditsHeld - before.creditsHeld),
    });
  }
  return changed;
}

const sameBalances = (left: Balances, right: Balances): boolean => firstDifference(balancesOf(left), balancesOf(right)) === null;
