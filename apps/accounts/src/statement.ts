import { type AccountType, type Side, normalSide } from '@mizan/ledger';

/** One posting of an account, with what its entry says of it. Moments in ms since the epoch. */
export interface StatementLine {
  readonly entry: string;
  readonly position: number;
  /** Which leg of the entry, 1, 2, 3, ... */
  readonly leg: number;
  readonly recordedAt: number;
  readonly effectiveAt: number;
  readonly side: Side;
  /** Minor units, 1 or more. */
  readonly amount: bigint;
  readonly reference: string | null;
  /** The account of each leg of the entry, in order. */
  readonly accounts: readonly string[];
}

/** The place of a line in the order of statements. */
export type Place = readonly [effectiveAt: number, position: number, leg: number];
export const placeOf = ({ effectiveAt, position, leg }: StatementLine): Place => [effectiveAt, position, leg];

/** Gross sums, minor units. */
export interface Turnover {
  readonly debits: bigint;
  readonly credits: bigint;
}

/** Their balance, signed, on the normal side of an account of this type. */
export function normalBalance(type: AccountType, { debits, credits }: Turnover): bigint {
  return normalSide(type) === 'debit' ? debits - credits : credits - debits;
}

/** Each line with the balance after it. @param opening the balance before the first. */
export function withBalances<L extends Pick<StatementLine, 'side' | 'amount'>>(
  type: AccountType,
  opening: bigint,
  lines: readonly L[],
): readonly (L & { readonly balance: bigint })[] {
  const grows = normalSide(type);
  let balance = opening;
  return lines.map((line) => {
    balance += line.side === grows ? line.amount : -line.amount;
    return { ...line, balance };
  });
}

/** The other accounts of the line's entry, each once, in the order of its legs. */
export function counterparts(account: string, { accounts }: Pick<StatementLine, 'accounts'>): readonly string[] {
  return [...new Set(accounts)].filter((id) => id !== account);
}
