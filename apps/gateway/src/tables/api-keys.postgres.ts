import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { transaction } from '@mizan/database';
import { type ApiKey, hashOf, makeApiKey } from '../api-key.js';

export interface ListedKey extends ApiKey {
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** The keys that were given out. */
export class ApiKeys {
  constructor(private readonly pool: pg.Pool) {}

  /** The key with this text, unless it was revoked or never given out. */
  async find(apiKey: string): Promise<ApiKey | null> {
    const { rows } = await this.pool.query<ApiKey>({
      name: 'find-api-key',
      text: 'select id, tenant, name, scopes from gateway.api_keys where hash = $1 and revoked_at is null',
      values: [hashOf(apiKey)],
    });
    return rows[0] ?? null;
  }

  /** Whether a key was ever given out for this tenant. */
  async knowsTenant(tenant: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('select from gateway.tenants where id = $1', [tenant]);
    return rowCount === 1;
  }

  /** Gives a key out, and makes its tenant known. @returns its id, and the key itself, which can never be shown again. */
  async create({ tenant, name, scopes }: Omit<ApiKey, 'id'>): Promise<{ readonly id: string; readonly apiKey: string }> {
    const id = randomBytes(8).toString('hex');
    const apiKey = makeApiKey();
    await transaction(this.pool, async (client) => {
      await client.query('insert into gateway.tenants (id) values ($1) on conflict do nothing', [tenant]);
      await client.query('insert into gateway.api_keys (id, tenant, name, hash, scopes) values ($1, $2, $3, $4, $5)', [
        id,
        tenant,
        name,
        hashOf(apiKey),
        scopes,
      ]);
    });
    return { id, apiKey };
  }

  async list(): Promise<ListedKey[]> {
    const { rows } = await this.pool.query<ListedKey>(
      'select id, tenant, name, scopes, created_at as "createdAt", revoked_at as "revokedAt" from gateway.api_keys order by created_at, id',
    );
    return rows;
  }

  /** @returns whether there is such a key. Revoking one again changes nothing. */
  async revoke(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('update gateway.api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1', [id]);
    return rowCount === 1;
  }
}
