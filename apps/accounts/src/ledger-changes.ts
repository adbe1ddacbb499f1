import type { Account, Balances, EntryPosted, LedgerEvent, LedgerOpened, RecordedPosting } from '@mizan/ledger';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The day of a moment in UTC, counted from the epoch. @param moment ms since the epoch. */
export const dayNumber = (moment: number): number => Math.floor(moment / DAY_MS);
/** Its first moment, ms since the epoch. */
export const startOfDay = (day: number): number => day * DAY_MS;

/** What was posted to one account effective on one day. */
export interface DayTotal {
  readonly account: string;
  readonly day: number;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** What a run of events leaves behind in the books of its ledger. */
export interface LedgerChanges {
  readonly opened: LedgerOpened | null;
  /** Of the last event. */
  readonly position: number;
  readonly recordedAt: number;
  /** Accounts that are known whole after the run. */
  readonly accounts: readonly Account[];
  /** The totals after the run of accounts that were only posted to. */
  readonly totals: ReadonlyMap<string, Balances>;
  readonly entries: readonly EntryPosted[];
  /** To be added to what stands. */
  readonly dayTotals: readonly DayTotal[];
}

/** @param events of one ledger, in order, at least one. */
export function ledgerChanges(events: readonly LedgerEvent[]): LedgerChanges {
  const last = events.at(-1)!;
  const accounts = new Map<string, Account>();
  const totals = new Map<string, Balances>();
  const entries: EntryPosted[] = [];
  let opened: LedgerOpened | null = null;
  for (const event of events) {
    switch (event.type) {
      case 'LedgerOpened':
        opened = event;
        break;
      case 'AccountOpened':
      case 'AccountUpdated':
      case 'AccountClosed':
      case 'AccountReopened':
        accounts.set(event.account.id, event.account);
        totals.delete(event.account.id);
        break;
      case 'EntryPosted':
        entries.push(event);
        for (const { account: id, balances } of event.postings) {
          const account = accounts.get(id);
          if (account) accounts.set(id, { ...account, ...balances });
          else totals.set(id, balances);
        }
        break;
      case 'TransferRejected':
        // It moves nothing; only the position counts it.
        break;
      default:
        throw new Error(`The books do not know what ${(event satisfies never as LedgerEvent).type} does.`);
    }
  }
  const { position, recordedAt } = last;
  return { opened, position, recordedAt, accounts: [...accounts.values()], totals, entries, dayTotals: dayTotals(entries) };
}

function dayTotals(entries: readonly EntryPosted[]): readonly DayTotal[] {
  const totals = new Map<string, DayTotal>();
  for (const { effectiveAt, postings } of entries) {
    const day = dayNumber(effectiveAt);
    for (const posting of postings) {
      const key = `${posting.account} ${day}`;
      totals.set(key, withPosting(totals.get(key) ?? { account: posting.account, day, debits: 0n, credits: 0n }, posting));
    }
  }
  return [...totals.values()];
}

const withPosting = (total: DayTotal, { side, amount }: RecordedPosting): DayTotal =>
  side === 'debit' ? { ...total, debits: total.debits + amount } : { ...total, credits: total.credits + amount };
