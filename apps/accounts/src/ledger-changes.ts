import {
  type Account,
  type Balances,
  type EntryEvent,
  type Hold,
  type HoldPlaced,
  type LedgerEvent,
  type LedgerOpened,
  withBalances,
} from '@mizan/ledger';

/** What holds take of an account after an event, on either side. */
export interface HeldTotals {
  readonly account: string;
  readonly position: number;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** The last position of a run that was recorded at a moment, ms since the epoch. */
export interface RecordedMoment {
  readonly recordedAt: number;
  readonly position: number;
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
  /** How many lines the entries of the run add to each account. */
  readonly lines: ReadonlyMap<string, number>;
  /** After each event of a hold, in order. */
  readonly held: readonly HeldTotals[];
  readonly moments: readonly RecordedMoment[];
}

/** @param events of one ledger, in order, at least one. */
export function ledgerChanges(events: readonly LedgerEvent[]): LedgerChanges {
  const last = events.at(-1)!;
  const accounts = new Map<string, Account>();
  const totals = new Map<string, Balances>();
  const entries: EntryEvent[] = [];
  const placings: HoldPlaced[] = [];
  const holds = new Map<string, Hold>();
  const held = new Map<string, HeldTotals>();
  let opened: LedgerOpened | null = null;
  let closedThrough: string | null = null;
  const total = (id: string, balances: Balances): void => {
    const account = accounts.get(id);
    if (account) accounts.set(id, withBalances(account, balances));
    else totals.set(id, balances);
  };
  const heldTotal = ({ position }: LedgerEvent, account: string, { debitsHeld, creditsHeld }: Balances): void => {
    held.set(`${account} ${position}`, { account, position, debits: debitsHeld, credits: creditsHeld });
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
      case 'HoldReleased':
      case 'HoldExpired':
        if (event.type === 'HoldPlaced') placings.push(event);
        holds.set(event.hold.id, event.hold);
        for (const { account, balances } of event.accounts) {
          total(account, balances);
          heldTotal(event, account, balances);
        }
        break;
      case 'HoldCaptured':
        holds.set(event.hold.id, event.hold);
        entries.push(event);
        for (const { account, balances } of event.postings) {
          total(account, balances);
          heldTotal(event, account, balances);
        }
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
    lines: linesOf(entries),
    held: [...held.values()],
    moments: [...new Map(events.map(({ recordedAt, position }) => [recordedAt, { recordedAt, position }])).values()],
  };
}

function linesOf(entries: readonly EntryEvent[]): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  for (const { postings } of entries) for (const { account } of postings) lines.set(account, (lines.get(account) ?? 0) + 1);
  return lines;
}
