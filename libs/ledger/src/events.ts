import type { Account } from './account.js';
import type { Close, Command, Open, Reopen, Transfer, Update } from './command.js';
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

export interface EntryPosted extends Caused<Transfer> {
  readonly type: 'EntryPosted';
  readonly effectiveAt: number;
  readonly postings: readonly RecordedPosting[];
}

/** A recorded rejection: its id is spent and moves nothing, for ever. */
export interface TransferRejected extends Caused<Command> {
  readonly type: 'TransferRejected';
  readonly rejection: Rejection;
  /** It failed as a member of a group, perhaps only because of its siblings, and took the group with it. */
  readonly inGroup: boolean;
}

export type LedgerEvent = LedgerOpened | AccountOpened | AccountUpdated | AccountClosed | AccountReopened | EntryPosted | TransferRejected;

export type AccountEvent = AccountOpened | AccountUpdated | AccountClosed | AccountReopened;
export type CommandEvent = Exclude<LedgerEvent, LedgerOpened>;
