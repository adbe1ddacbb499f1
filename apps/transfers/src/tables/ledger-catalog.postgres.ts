import type { Pool } from 'pg';
import type { CatalogEntry, LedgerCatalog } from './ledger-catalog.js';

const COLUMNS = 'uid, tenant, id, name';

export class PostgresLedgerCatalog implements LedgerCatalog {
  /** A row never changes, so it may be remembered; the number of ledgers in use bounds it. */
  private readonly known = new Map<string, CatalogEntry>();

  constructor(private readonly pool: Pool) {}

  async find(tenant: string, id: string): Promise<CatalogEntry | null> {
    const known = this.known.get(`${tenant}/${id}`);
    if (known) return known;
    const { rows } = await this.pool.query<CatalogEntry>(`SELECT ${COLUMNS} FROM transfers.ledgers WHERE tenant = $1 AND id = $2`, [
      tenant,
      id,
    ]);
    return rows[0] ? this.remember(rows[0]) : null;
  }

  async list(tenant: string, after: string, limit: number): Promise<readonly CatalogEntry[]> {
    const { rows } = await this.pool.query<CatalogEntry>(
      `SELECT ${COLUMNS} FROM transfers.ledgers WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [tenant, after, limit],
    );
    return rows;
  }

  async enter(entry: CatalogEntry): Promise<CatalogEntry> {
    await this.pool.query(
      'INSERT INTO transfers.ledgers (uid, tenant, id, name) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, id) DO NOTHING',
      [entry.uid, entry.tenant, entry.id, entry.name],
    );
    return (await this.find(entry.tenant, entry.id))!;
  }

  private remember(entry: CatalogEntry): CatalogEntry {
    if (this.known.size >= 10_000) this.known.delete(this.known.keys().next().value!);
    this.known.set(`${entry.tenant}/${entry.id}`, entry);
    return entry;
  }
}
