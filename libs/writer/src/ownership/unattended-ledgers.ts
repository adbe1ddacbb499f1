/** What must be known of a ledger to write it. */
export interface LedgerOf {
  readonly uid: string;
  readonly tenant: string;
}

/** Ledgers that nobody writes at present, though there is something to do. */
export interface UnattendedLedgers {
  /** Where a hold has fallen due, or whose last writer did not end as it should: at most `limit`. */
  find(limit: number): Promise<readonly LedgerOf[]>;
}
