import { formatDecimal } from '@mizan/money';
import { type Account, money } from './account.js';
import { available, held, posted } from './balance.js';
import type { Book } from './book.js';
import type { EntryEvent, LedgerEvent } from './events.js';
import type { Hold } from './hold.js';
import { formatInstant } from './instant.js';
import type { Rejection } from './rejection.js';
import type { Texts } from './texts.js';

/** An event as a line of a journal for people, an entry with its postings under it: debits left, credits right. */
export function eventLines(event: LedgerEvent, book: Book): readonly string[] {
  const group = event.group ? `  [group #${event.group.first} to #${event.group.last}]` : '';
  const line = (what: string) => `${`#${event.position}`.padEnd(5)} ${what}${group}`;
  switch (event.type) {
    case 'LedgerOpened':
      return [line(`ledger ${event.ledger} opened ${formatInstant(event.recordedAt)}`)];
    case 'AccountOpened':
    case 'AccountUpdated':
      return [line(`${event.type === 'AccountOpened' ? 'open' : `update ${event.command.id}`} ${termsOf(event.account)}`)];
    case 'AccountClosed':
    case 'AccountReopened':
      return [line(`${event.command.op} ${event.command.id} ${event.account.id}`)];
    case 'EntryPosted':
    case 'HoldCaptured':
      return [line(entryHead(event, book)), ...postingLines(event, book)];
    case 'HoldPlaced': {
      const { id, debit, credit, amount, expiresAt } = event.hold;
      const expires = expiresAt === null ? '' : `, expires ${formatInstant(expiresAt)}`;
      return [line(`hold ${id}${quoted(event)}: ${moneyOn(book, debit, amount)} from ${debit} to ${credit}${expires}`)];
    }
    case 'HoldReleased':
      return [line(`release ${event.command.id} of hold ${event.hold.id}: ${givenBack(event.hold, book)}`)];
    case 'HoldExpired':
      return [line(`hold ${event.hold.id} expired ${formatInstant(event.recordedAt)}: ${givenBack(event.hold, book)}`)];
    case 'PeriodClosed':
      return [line(`books closed through ${event.command.through}`)];
    case 'TransferRejected':
      return [line(`${event.command.op} ${event.command.id} refused: ${event.rejection.code}`), `      ${event.rejection.detail}`];
  }
}

function termsOf({ id, type, asset, exponent, minBalance, maxBalance, frozen }: Account): string {
  const min = minBalance === null ? '' : `, min ${formatDecimal(minBalance, exponent)}`;
  const max = maxBalance === null ? '' : `, max ${formatDecimal(maxBalance, exponent)}`;
  return `${id}: ${type} in ${asset}${min}${max}${frozen === 'none' ? '' : `, frozen ${frozen}`}`;
}

const quoted = ({ texts }: { readonly texts: Texts | null }): string => (texts?.reference == null ? '' : ` "${texts.reference}"`);

const moneyOn = (book: Book, account: string, amount: bigint): string => money(amount, book.account(account)!);

const givenBack = ({ debit, released }: Hold, book: Book): string => `${moneyOn(book, debit, released)} given back in all`;

function entryHead(event: EntryEvent, book: Book): string {
  const { command, effectiveAt, recordedAt } = event;
  const effective = effectiveAt === recordedAt ? '' : `, effective ${formatInstant(effectiveAt)}`;
  return `entry ${command.id}${quoted(event)}${originOf(event, book)}${effective}`;
}

/** What an entry came from, where that is not a plain transfer. */
function originOf(event: EntryEvent, book: Book): string {
  if (event.type === 'EntryPosted') return event.command.op === 'reverse' ? `, reverses ${event.command.entry}` : '';
  const { id, debit, remaining } = event.hold;
  const rest = remaining > 0n ? `, ${moneyOn(book, debit, remaining)} remain` : '';
  const back = event.released > 0n ? `, ${moneyOn(book, debit, event.released)} given back` : '';
  return `, captures hold ${id}${rest}${back}`;
}

function postingLines({ postings }: EntryEvent, book: Book): readonly string[] {
  return postings.map(({ account, side, amount, asset }) => {
    const money = formatDecimal(amount, book.account(account)!.exponent, { grouped: true });
    const columns = side === 'debit' ? money.padStart(12) : money.padStart(26);
    return `      ${account.padEnd(24)}${columns.padEnd(26)} ${asset}`;
  });
}

/** A refusal that left no event. */
export function refusalLines(asked: string, { code, detail }: Rejection): readonly string[] {
  return [`      ${asked} refused: ${code}`, `      ${detail}`];
}

/** Every account with its balances, and per asset the proof that debits are credits. */
export function trialBalance(book: Book): readonly string[] {
  const row = (cells: readonly string[]) =>
    `${cells[0]!.padEnd(30)}${cells
      .slice(1, 6)
      .map((cell) => cell.padStart(14))
      .join('')} ${cells[6]}`;
  const accounts = [...book.accounts.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  const totals = new Map<string, { exponent: number; debits: bigint; credits: bigint }>();
  for (const { asset, exponent, debitsPosted, creditsPosted } of accounts) {
    const { debits, credits } = totals.get(asset) ?? { debits: 0n, credits: 0n };
    totals.set(asset, { exponent, debits: debits + debitsPosted, credits: credits + creditsPosted });
  }
  return [
    row(['', 'debits', 'credits', 'posted', 'held', 'available', '']),
    ...accounts.map((account) => {
      const money = (amount: bigint) => formatDecimal(amount, account.exponent, { grouped: true });
      const columns = [account.debitsPosted, account.creditsPosted, posted(account), held(account), available(account)];
      return row([account.id, ...columns.map(money), account.asset]);
    }),
    ...[...totals].map(([asset, { exponent, debits, credits }]) => {
      const money = (amount: bigint) => formatDecimal(amount, exponent, { grouped: true });
      return row(['', money(debits), money(credits), '', '', '', asset]);
    }),
  ].map((line) => line.trimEnd());
}
