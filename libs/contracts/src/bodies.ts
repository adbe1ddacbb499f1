import {
  type Account,
  type Balances,
  type Metadata,
  type Side,
  type AccountType,
  type Frozen,
  type EntryPosted,
  available,
  held,
  normalSide,
  posted,
} from '@mizan/ledger';

// The bodies of the HTTP contract, declared once. Amounts are digit strings in minor units, times RFC 3339 with Z.

export interface LedgerBody {
  readonly id: string;
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
  readonly reverses: string | null;
  readonly hold: { readonly id: string; readonly remaining: string; readonly status: string } | null;
  readonly reversedBy: readonly string[];
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

export const instantText = (ms: number): string => new Date(ms).toISOString();

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

export function entryBody(ledger: string, entry: EntryPosted): EntryBody {
  return {
    id: entry.command.id,
    ledger,
    position: entry.position,
    recordedAt: instantText(entry.recordedAt),
    effectiveAt: instantText(entry.effectiveAt),
    postings: entry.postings.map(({ account, side, amount, asset, balances }) => ({
      account,
      side,
      amount: String(amount),
      asset,
      balances: sides(balances),
    })),
    reference: entry.texts?.reference ?? null,
    metadata: entry.texts?.metadata ?? {},
    reverses: null,
    hold: null,
    reversedBy: [],
  };
}
