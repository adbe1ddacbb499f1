import type { CatalogEntry } from './ledger-catalog.js';

/** What must be known of a ledger to write it. */
export type LedgerOf = Pick<CatalogEntry, 'uid' | 'tenant'>;

/** Ledgers that nobody writes at present, though there is something to do. */
export interface UnattendedLedgers {
  /** Where a hold has fallen due, or whose last writer did not end as it should: at most `limit`. */
  find(limit: number): Promise<readonly LedgerOf[]>;
}
