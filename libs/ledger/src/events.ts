import type { Account } from './account.js';
import type { Balances } from './balance.js';
import type { Capture, Close, ClosePeriod, Command, Open, PlaceHold, Release, Reopen, Reverse, Transfer, Update } from './command.js';
import type { Hold } from './hold.js';
import type { RecordedPosting } from './posting.js';
import type { Rejection } from './rejection.js';
import type { Texts } from './texts.js';

/** What every event of a journal carries beside its facts. */
export interface Recorded {
  /** Its place in the journal: 1, 2, 3, ... without gaps. */
  readonly position: number;
  /** When it was written, ms since the epoch. Never goes back; may repeat. */
  readonly recordedAt: number;
  /** The first and last position of the all-or-nothing group it belongs to, or null. */
  readonly group: { readonly first: number; readonly last: number } | null;
}

/** An event that a command caused. Its texts are null once they have been erased. */
interface Caused<C extends Command> extends Recorded {
  readonly command: C;
  readonly texts: Texts | null;
}

export interface LedgerOpened extends Recorded {
  readonly type: 'LedgerOpened';
  readonly tenant: string;
  readonly ledger: string;
  readonly name: string;
}

/** Account events carry the whole account as it is afterwards. Texts: its metadata afterwards. */
export interface AccountOpened extends Caused<Open> {
  readonly type: 'AccountOpened';
  readonly account: Account;
}
export interface AccountUpdated extends Caused<Update> {
  readonly type: 'AccountUpdated';
  readonly account: Account;
}
export interface AccountClosed extends Caused<Close> {
  readonly type: 'AccountClosed';
  readonly account: Account;
}
export interface AccountReopened extends Caused<Reopen> {
  readonly type: 'AccountReopened';
  readonly account: Account;
}

/** A journal entry: a transfer, or the reversal of an entry. */
export interface EntryPosted extends Caused<Transfer | Reverse> {
  readonly type: 'EntryPosted';
  readonly effectiveAt: number;
  readonly postings: readonly RecordedPosting[];
  /** Of a reversal: what has been reversed of its entry's amount, this one included. Null for a transfer. */
  readonly reversed: bigint | null;
}

/** The totals of an account after an event. */
export interface AccountBalances {
  readonly account: string;
  readonly balances: Balances;
}

/** Hold events carry the hold as it is afterwards, and its two accounts' totals, debit before credit. */
export interface HoldPlaced extends Caused<PlaceHold> {
  readonly type: 'HoldPlaced';
  readonly hold: Hold;
  readonly accounts: readonly AccountBalances[];
}

/** An entry too. Its texts are the hold's where the command gave none. */
export interface HoldCaptured extends Caused<Capture> {
  readonly type: 'HoldCaptured';
  readonly effectiveAt: number;
  readonly postings: readonly RecordedPosting[];
  readonly hold: Hold;
  /** What it gave back of the hold. */
  readonly released: bigint;
}

export interface HoldReleased extends Caused<Release> {
  readonly type: 'HoldReleased';
  readonly hold: Hold;
  readonly accounts: readonly AccountBalances[];
}

/** The writer's own: nobody commands it, and it spends no id. */
export interface HoldExpired extends Recorded {
  readonly type: 'HoldExpired';
  readonly hold: Hold;
  readonly accounts: readonly AccountBalances[];
}

export interface PeriodClosed extends Caused<ClosePeriod> {
  readonly type: 'PeriodClosed';
}

/** A recorded rejection: its id is spent and moves nothing, for ever. */
export interface TransferRejected extends Caused<Command> {
  readonly type: 'TransferRejected';
  readonly rejection: Rejection;
  /** It failed as a member of a group, perhaps only because of its siblings, and took the group with it. */
  readonly inGroup: boolean;
}

export type AccountEvent = AccountOpened | AccountUpdated | AccountClosed | AccountReopened;
export type EntryEvent = EntryPosted | HoldCaptured;
export type HoldEvent = HoldPlaced | HoldCaptured | HoldReleased | HoldExpired;
/** What a command did: every event but those that nobody commands. */
export type CommandEvent = AccountEvent | EntryPosted | HoldPlaced | HoldCaptured | HoldReleased | PeriodClosed | TransferRejected;
export type LedgerEvent = LedgerOpened | CommandEvent | HoldExpired;

/** Whether an event is a journal entry. */
export const isEntry = (event: LedgerEvent): event is EntryEvent => event.type === 'EntryPosted' || event.type === 'HoldCaptured';
