import {
  type Account,
  type Balances,
  type EntryEvent,
  type Hold,
  type HoldPlaced,
  type LedgerEvent,
  type LedgerOpened,
  type RecordedPosting,
  withBalances,
} from '@mizan/ledger';

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

/** A hold, and the event that placed it. */
export interface PlacedHold {
  readonly hold: Hold;
  readonly placing: HoldPlaced;
}

/** What a run of events leaves behind in the books of its ledger. */
export interface LedgerChanges {
  readonly opened: LedgerOpened | null;
  /** Of the last event. */
  readonly position: number;
  readonly recordedAt: number;
  /** Accounts that are known whole after the run. */
  readonly accounts: readonly Account[];
  /** The totals after the run of accounts that were only posted to, or held on. */
  readonly totals: ReadonlyMap<string, Balances>;
  readonly entries: readonly EntryEvent[];
  /** Holds placed in the run, each as the run leaves it. */
  readonly placed: readonly PlacedHold[];
  /** Holds placed before the run and changed in it, as it leaves them. */
  readonly changed: readonly Hold[];
  /** The day through which the run has closed the ledger, or null where it closes none. */
  readonly closedThrough: string | null;
  /** To be added to what stands. */
  readonly dayTotals: readonly DayTotal[];
}

/** @param events of one ledger, in order, at least one. */
export function ledgerChanges(events: readonly LedgerEvent[]): LedgerChanges {
  const last = events.at(-1)!;
  const accounts = new Map<string, Account>();
  const totals = new Map<string, Balances>();
  const entries: EntryEvent[] = [];
  const placings: HoldPlaced[] = [];
  const holds = new Map<string, Hold>();
  let opened: LedgerOpened | null = null;
  let closedThrough: string | null = null;
  const total = (id: string, balances: Balances): void => {
    const account = accounts.get(id);
    if (account) accounts.set(id, withBalances(account, balances));
    else totals.set(id, balances);
  };
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
      case 'HoldPlaced':
        placings.push(event);
        holds.set(event.hold.id, event.hold);
        for (const { account, balances } of event.accounts) total(account, balances);
        break;
      case 'HoldReleased':
      case 'HoldExpired':
        holds.set(event.hold.id, event.hold);
        for (const { account, balances } of event.accounts) total(account, balances);
        break;
      case 'HoldCaptured':
        holds.set(event.hold.id, event.hold);
        entries.push(event);
        for (const { account, balances } of event.postings) total(account, balances);
        break;
      case 'EntryPosted':
        entries.push(event);
        for (const { account, balances } of event.postings) total(account, balances);
        break;
      case 'PeriodClosed':
        closedThrough = event.command.through;
        break;
      case 'TransferRejected':
        // It moves nothing; only the position counts it.
        break;
      default:
        throw new Error(`The books do not know what ${(event satisfies never as LedgerEvent).type} does.`);
    }
  }
  const placed = placings.map((placing) => ({ placing, hold: holds.get(placing.hold.id)! }));
  for (const { hold } of placed) holds.delete(hold.id);
  return {
    opened,
    position: last.position,
    recordedAt: last.recordedAt,
    accounts: [...accounts.values()],
    totals,
    entries,
    placed,
    changed: [...holds.values()],
    closedThrough,
    dayTotals: dayTotals(entries),
  };
}

function dayTotals(entries: readonly EntryEvent[]): readonly DayTotal[] {
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
