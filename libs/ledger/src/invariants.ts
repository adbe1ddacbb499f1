import type { Account } from './account.js';
import { type Balances, available, balancesOf, heldTowards, noBalances, post, posted, withBalances } from './balance.js';
import type { Book } from './book.js';
import { firstDifference } from './difference.js';
import type { LedgerEvent } from './events.js';
import type { RecordedPosting } from './posting.js';

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
  { name: 'every entry is zero per asset', broken: entryNotZero },
  { name: 'balances follow from postings', broken: balancesAstray },
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
  if (event.type === 'LedgerOpened') return null;
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
  return stranger ? `there is no account ${stranger.account} in ${stranger.asset}` : null;
}

function movesClosed({ book }: History, event: LedgerEvent): string | null {
  const closed = postingsOf(event).find(({ account }) => book.account(account)?.closed);
  return closed ? `${closed.account} is closed` : null;
}

function entryNotZero(_: History, event: LedgerEvent): string | null {
  const sums = new Map<string, bigint>();
  for (const { asset, side, amount } of postingsOf(event)) sums.set(asset, (sums.get(asset) ?? 0n) + (side === 'debit' ? amount : -amount));
  for (const [asset, sum] of sums) if (sum !== 0n) return `debits less credits are ${sum} ${asset}`;
  return null;
}

/** Each account's four totals, as recorded, are the ones before plus the postings; only postings change them. */
function balancesAstray({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event)) {
    const postings = postingsOf(event).filter(({ account }) => account === after.id);
    const expected = postings.reduce((account, { side, amount }) => post(account, side, amount), before);
    if (!sameBalances(expected, after)) return `the balances of ${after.id} are not those before it and its postings`;
    for (const { balances } of postings) if (!sameBalances(balances, after)) return `the postings disagree on ${after.id}`;
  }
  return null;
}

function bookNotZero({ book, sums }: History, event: LedgerEvent): string | null {
  for (const [asset, { posted, held }] of sumsAfter(book, sums, event))
    if (posted !== 0n || held !== 0n) return `debits less credits are ${posted} posted and ${held} held, ${asset}`;
  return null;
}

function floorBroken({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event))
    if (after.minBalance !== null && posted(after) < posted(before) && available(after) < after.minBalance)
      return `${after.id} is left with ${available(after)} available, below ${after.minBalance}`;
  return null;
}

function ceilingBroken({ book }: History, event: LedgerEvent): string | null {
  for (const { before, after } of movements(book, event))
    if (after.maxBalance !== null && posted(after) > posted(before) && posted(after) + heldTowards(after) > after.maxBalance)
      return `${after.id} comes to ${posted(after) + heldTowards(after)}, above ${after.maxBalance}`;
  return null;
}

const postingsOf = (event: LedgerEvent): readonly RecordedPosting[] => (event.type === 'EntryPosted' ? event.postings : []);

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
  for (const { account, balances } of postingsOf(event)) {
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
