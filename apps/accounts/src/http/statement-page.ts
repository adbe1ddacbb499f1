import { type StatementBody, instantText } from '@mizan/contracts';
import { type Account, normalSide } from '@mizan/ledger';
import type { LedgerSnapshot } from '../tables/ledger-snapshot.js';
import { type Place, counterparts, normalBalance, withBalances } from '../statement.js';

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
  /** No line counts later, ms since the epoch. */
  readonly until: number;
  /** How far the books had come when the first page was read: not before `position`. */
  readonly read: number;
}

/** Before every moment that an entry can have. */
const BEGINNING = Number.MIN_SAFE_INTEGER;

/** The first page's, of the journal as it was at `position`. */
export async function startOf(ledger: LedgerSnapshot, account: Account, { from, to }: Range, position: number): Promise<StatementStart> {
  const before = async (moment: number | null): Promise<string> =>
    String(normalBalance(account.type, await ledger.turnover(account, { at: moment === null ? null : moment - 1, position })));
  const opening = from === null ? '0' : await before(from);
  const closing = await before(to);
  const latest = (await ledger.latestMoment(account, position)) ?? BEGINNING;
  const until = to === null ? latest : Math.min(latest, to - 1);
  return { after: [from ?? BEGINNING, 0, 0], balance: opening, opening, closing, position, until, read: ledger.position };
}

/** One page, and where the next begins (null: this is the last). */
export async function statementPage(
  ledger: LedgerSnapshot,
  account: Account,
  { from, to }: Range,
  start: StatementStart,
  limit: number,
): Promise<{ readonly page: Omit<StatementBody, 'next'>; readonly next: StatementStart | null }> {
  const found = await ledger.lines(account, start.after, start, limit);
  const lines = withBalances(account.type, BigInt(start.balance), found.lines);
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
  const balance = String(lines.at(-1)?.balance ?? start.balance);
  return { page, next: found.next && { ...start, after: found.next, balance } };
}
