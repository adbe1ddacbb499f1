import {
  type Account,
  type Balances,
  type Metadata,
  type Side,
  type AccountType,
  type Frozen,
  type EntryEvent,
  type Hold,
  type HoldStatus,
  type Texts,
  type RecordedPosting,
  available,
  held,
  normalSide,
  posted,
} from '@mizan/ledger';
import { instantText } from './instant.js';

// The bodies of the HTTP contract, declared once. Amounts are digit strings in minor units, times RFC 3339 with Z.

export interface LedgerBody {
  readonly id: string;
  /** Its own for ever, and nobody else's: its journal is the stream `journal-<uid>`. */
  readonly uid: string;
  readonly name: string;
  readonly closedThrough: string | null;
  readonly position: number;
}

export interface AssetBody {
  readonly code: string;
  readonly exponent: number;
}

export interface BalancesBody {
  readonly posted: string;
  readonly held: string;
  readonly available: string;
  readonly debits: { readonly posted: string; readonly held: string };
  readonly credits: { readonly posted: string; readonly held: string };
  /** The journal position they are true at. */
  readonly position: number;
}

export interface AccountBody {
  readonly id: string;
  readonly type: AccountType;
  readonly asset: string;
  readonly exponent: number;
  readonly normalSide: Side;
  readonly minBalance: string | null;
  readonly maxBalance: string | null;
  readonly frozen: Frozen;
  readonly closed: boolean;
  readonly metadata: Metadata;
  readonly balances: BalancesBody;
  readonly openedAt: string;
}

export interface PostingBody {
  readonly account: string;
  readonly side: Side;
  readonly amount: string;
  readonly asset: string;
  readonly balances: { readonly debits: BalancesBody['debits']; readonly credits: BalancesBody['credits'] };
}

export interface EntryBody {
  readonly id: string;
  readonly ledger: string;
  readonly position: number;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly postings: readonly PostingBody[];
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Of a reversal: the entry it takes back. */
  readonly reverses: string | null;
  /** Of a capture: its hold, as the capture left it. */
  readonly hold: { readonly id: string; readonly remaining: string; readonly status: HoldStatus } | null;
  /** The reversals of this entry, in the order of the journal; at most MAX_REVERSALS_NAMED of them. */
  readonly reversedBy: readonly string[];
}

export interface HoldBody {
  readonly id: string;
  readonly ledger: string;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: string;
  readonly captured: string;
  readonly released: string;
  readonly remaining: string;
  readonly status: HoldStatus;
  readonly expiresAt: string | null;
  /** When it was placed. */
  readonly recordedAt: string;
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Of the last event that changed it. */
  readonly position: number;
}

/** The result of one operation of a batch. */
export interface ResultBody {
  readonly id?: string;
  readonly status: 'applied' | 'rejected';
  readonly replayed?: true;
  readonly code?: string;
  readonly detail?: string;
  readonly account?: string;
  readonly field?: string;
  readonly position?: number;
  /** What moved, where a cap decided it, or the hold that was captured without an amount. */
  readonly amount?: string;
  /** Of a group: one result for each of its operations. */
  readonly results?: readonly ResultBody[];
}

/** `GET .../commands/{id}`. */
export interface CommandBody {
  readonly id: string;
  readonly op: string;
  readonly status: 'applied' | 'rejected';
  readonly code?: string;
  readonly detail?: string;
  readonly position: number;
}

export interface BalanceBody {
  readonly account: string;
  readonly asset: string;
  readonly exponent: number;
  readonly balances: BalancesBody;
  readonly position: number;
  /** When the event at that position was recorded. */
  readonly asOf: string;
}

export interface StatementLineBody {
  readonly entry: string;
  readonly position: number;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly side: Side;
  readonly amount: string;
  /** Signed, on the account's normal side: the opening plus the lines so far. */
  readonly balance: string;
  readonly counterparts: readonly string[];
  readonly reference: string | null;
}

export interface StatementBody {
  readonly account: string;
  readonly asset: string;
  readonly exponent: number;
  readonly normalSide: Side;
  readonly from: string | null;
  readonly to: string | null;
  readonly opening: string;
  readonly lines: readonly StatementLineBody[];
  readonly closing: string;
  readonly position: number;
  readonly next: string | null;
}

export interface TrialBalanceBody {
  readonly position: number;
  readonly accounts: readonly {
    readonly account: string;
    readonly type: AccountType;
    readonly asset: string;
    readonly debits: string;
    readonly credits: string;
  }[];
  readonly totals: readonly { readonly asset: string; readonly exponent: number; readonly debits: string; readonly credits: string }[];
}

/** One event as `GET .../journal` gives it: the stored text as hashed, and what is kept beside it. */
export interface JournalItemBody {
  readonly position: number;
  readonly event: string;
  readonly texts: { readonly salt: string; readonly reference: string | null; readonly metadata: Metadata } | null;
}

export interface ListBody<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

function sides(balances: Balances): Pick<BalancesBody, 'debits' | 'credits'> {
  return {
    debits: { posted: String(balances.debitsPosted), held: String(balances.debitsHeld) },
    credits: { posted: String(balances.creditsPosted), held: String(balances.creditsHeld) },
  };
}

/** @param position the journal position at which the account is as given. */
export function balancesBody(account: Balances & { readonly type: AccountType }, position: number): BalancesBody {
  return {
    posted: String(posted(account)),
    held: String(held(account)),
    available: String(available(account)),
    ...sides(account),
    position,
  };
}

export function accountBody(account: Account, position: number): AccountBody {
  return {
    id: account.id,
    type: account.type,
    asset: account.asset,
    exponent: account.exponent,
    normalSide: normalSide(account.type),
    minBalance: account.minBalance === null ? null : String(account.minBalance),
    maxBalance: account.maxBalance === null ? null : String(account.maxBalance),
    frozen: account.frozen,
    closed: account.closed,
    metadata: account.metadata,
    balances: balancesBody(account, position),
    openedAt: instantText(account.openedAt),
  };
}

export const postingBody = ({ account, side, amount, asset, balances }: RecordedPosting): PostingBody => ({
  account,
  side,
  amount: String(amount),
  asset,
  balances: sides(balances),
});

/** @param reversedBy the reversals known so far: none when the entry is posted. */
export function entryBody(ledger: string, entry: EntryEvent, reversedBy: readonly string[] = []): EntryBody {
  return {
    id: entry.command.id,
    ledger,
    position: entry.position,
    recordedAt: instantText(entry.recordedAt),
    effectiveAt: instantText(entry.effectiveAt),
    postings: entry.postings.map(postingBody),
    reference: entry.texts?.reference ?? null,
    metadata: entry.texts?.metadata ?? {},
    reverses: entry.command.op === 'reverse' ? entry.command.entry : null,
    hold: entry.type === 'HoldCaptured' ? { id: entry.hold.id, remaining: String(entry.hold.remaining), status: entry.hold.status } : null,
    reversedBy,
  };
}

/** @param texts those it was placed with; null once they have been erased. */
export function holdBody(ledger: string, hold: Hold, texts: Texts | null): HoldBody {
  return {
    id: hold.id,
    ledger,
    debit: hold.debit,
    credit: hold.credit,
    asset: hold.asset,
    amount: String(hold.amount),
    captured: String(hold.captured),
    released: String(hold.released),
    remaining: String(hold.remaining),
    status: hold.status,
    expiresAt: hold.expiresAt === null ? null : instantText(hold.expiresAt),
    recordedAt: instantText(hold.placedAt),
    reference: texts?.reference ?? null,
    metadata: texts?.metadata ?? {},
    position: hold.position,
  };
}
