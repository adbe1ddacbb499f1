import type { Pool } from 'pg';
import { isoExponent } from '@mizan/money';
import type { Assets } from '@mizan/writer/ledger';

/** Unknown codes are looked up again each time: they may have been defined through another instance. */
export class PostgresAssets implements Assets {
  private readonly own = new Map<string, number>();

  constructor(private readonly pool: Pool) {}

  exponent(tenant: string, code: string): number | undefined {
    return isoExponent(code) ?? this.own.get(`${tenant}/${code}`);
  }

  async know(tenant: string, codes: readonly string[]): Promise<void> {
    const unknown = codes.filter((code) => this.exponent(tenant, code) === undefined);
    if (unknown.length === 0) return;
    const { rows } = await this.pool.query<{ code: string; exponent: number }>(
      'SELECT code, exponent FROM transfers.assets WHERE tenant = $1 AND code = ANY($2)',
      [tenant, unknown],
    );
    for (const { code, exponent } of rows) this.own.set(`${tenant}/${code}`, exponent);
  }

  async define(tenant: string, code: string, exponent: number): Promise<{ created: boolean; exponent: number }> {
    const iso = isoExponent(code);
    if (iso !== undefined) return { created: false, exponent: iso };
    const { rowCount } = await this.pool.query(
      'INSERT INTO transfers.assets (tenant, code, exponent) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [tenant, code, exponent],
    );
    await this.know(tenant, [code]);
    return { created: rowCount === 1, exponent: this.exponent(tenant, code)! };
  }
}
