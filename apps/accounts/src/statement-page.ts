import { type StatementBody, instantText } from '@mizan/contracts';
import { type Account, normalSide, posted } from '@mizan/ledger';
import type { LedgerSnapshot } from './ledger-snapshot.js';
import { type Place, counterparts, normalBalance, placeOf, withBalances } from './statement.js';

/** From inclusive, to exclusive, ms since the epoch; null: without end. */
export interface Range {
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * Where a page begins, and what holds for all pages: they are of the journal as it was at `position`, so that an entry
 * recorded between two pages changes none of them. It travels in the cursor.
 */
export interface StatementStart {
  readonly after: Place;
  /** Before the first line of the page; signed digits, as opening and closing of the range are. */
  readonly balance: string;
  readonly opening: string;
  readonly closing: string;
  readonly position: number;
}

/** Before every moment that an entry can have. */
const BEGINNING = Number.MIN_SAFE_INTEGER;

/** The first page's. */
export async function startOf(ledger: LedgerSnapshot, account: Account, { from, to }: Range): Promise<StatementStart> {
  const before = async (moment: number): Promise<bigint> => normalBalance(account.type, await ledger.turnoverBefore(account, moment));
  const opening = String(from === null ? 0n : await before(from));
  const closing = String(to === null ? posted(account) : await before(to));
  return { after: [from ?? BEGINNING, 0, 0], balance: opening, opening, closing, position: ledger.position };
}

/** One page, and where the next begins (null: this is the last). */
export async function statementPage(
  ledger: LedgerSnapshot,
  account: Account,
  { from, to }: Range,
  start: StatementStart,
  limit: number,
): Promise<{ readonly page: Omit<StatementBody, 'next'>; readonly next: StatementStart | null }> {
  const found = await ledger.lines(account, start.after, to, start.position, limit + 1);
  const lines = withBalances(account.type, BigInt(start.balance), found.slice(0, limit));
  const last = found.length > limit ? lines.at(-1) : undefined;
  const page = {
    account: account.id,
    asset: account.asset,
    exponent: account.exponent,
    normalSide: normalSide(account.type),
    from: from === null ? null : instantText(from),
    to: to === null ? null : instantText(to),
    opening: start.opening,
    lines: lines.map((line) => ({
      entry: line.entry,
      position: line.position,
      recordedAt: instantText(line.recordedAt),
      effectiveAt: instantText(line.effectiveAt),
      side: line.side,
      amount: String(line.amount),
      balance: String(line.balance),
      counterparts: counterparts(account.id, line),
      reference: line.reference,
    })),
    closing: start.closing,
    position: start.position,
  };
  return { page, next: last ? { ...start, after: placeOf(last), balance: String(last.balance) } : null };
}
