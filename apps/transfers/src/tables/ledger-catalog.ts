/** Which ledgers there are, and whose. A ledger of another tenant does not exist. */
export abstract class LedgerCatalog {
  abstract find(tenant: string, id: string): Promise<CatalogEntry | null>;
  abstract list(tenant: string, after: string, limit: number): Promise<readonly CatalogEntry[]>;
  /** Enters a ledger under a new uid, or finds the one that has its id already. */
  abstract enter(entry: CatalogEntry): Promise<CatalogEntry>;
}

export interface CatalogEntry {
  readonly uid: string;
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
}
