import type { EntryBody } from '@mizan/contracts';
import { type Money, money } from './amount.js';
import type { Column } from './table.js';

/** One posting of an entry, on a row of its own. */
export interface EntryRow {
  readonly entry: EntryBody;
  readonly account: string;
  readonly asset: string;
  readonly debit: Money | null;
  readonly credit: Money | null;
}

export const entryColumns: readonly Column<EntryRow>[] = [
  { title: 'position', cell: ({ entry }) => entry.position, align: 'right' },
  { title: 'recorded', cell: ({ entry }) => ({ at: entry.recordedAt }) },
  { title: 'effective', cell: ({ entry }) => ({ at: entry.effectiveAt }) },
  { title: 'entry', cell: ({ entry }) => entry.id },
  { title: 'account', cell: ({ account }) => account },
  { title: 'debit', cell: ({ debit }) => debit, align: 'right' },
  { title: 'credit', cell: ({ credit }) => credit, align: 'right' },
  { title: 'asset', cell: ({ asset }) => asset },
  { title: 'reference', cell: ({ entry }) => entry.reference, gives: true },
];

/** The postings of an entry, which are all shown: an entry is the whole of them. */
export function rowsOf(entry: EntryBody, exponents: number | ((asset: string) => number)): EntryRow[] {
  return entry.postings.map(({ account, side, amount, asset }) => {
    const moved = money(amount, typeof exponents === 'number' ? exponents : exponents(asset));
    return { entry, account, asset, debit: side === 'debit' ? moved : null, credit: side === 'credit' ? moved : null };
  });
}
