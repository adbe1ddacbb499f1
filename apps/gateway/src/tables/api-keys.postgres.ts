import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { transaction } from '@mizan/database';
import { type ApiKey, hashOf, makeApiKey } from '../api-key.js';
import type { GivenPrefix } from '../id-prefixes.js';

export interface ListedKey extends ApiKey {
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** A key as it is given out: its id, and the key itself. */
export interface GivenKey {
  readonly id: string;
  readonly apiKey: string;
}

/** The keys that were given out. */
export class ApiKeys {
  constructor(private readonly pool: pg.Pool) {}

  /** The key with this text, unless it was revoked or never given out, and the prefixes of all keys of its tenant. */
  async find(apiKey: string): Promise<(ApiKey & { readonly ofTenant: readonly string[] }) | null> {
    const { rows } = await this.pool.query<ApiKey & { ofTenant: string[] }>({
      name: 'find-api-key',
      text: `select id, tenant, name, scopes, prefix, ${PREFIXES_OF('k.tenant')} as "ofTenant"
        from gateway.api_keys k where hash = $1 and revoked_at is null`,
      values: [hashOf(apiKey)],
    });
    return rows[0] ?? null;
  }

  /** The prefixes of a tenant's keys; null where no key was ever given out for this tenant. */
  async prefixesOf(tenant: string): Promise<readonly string[] | null> {
    const { rows } = await this.pool.query<{ prefixes: string[] }>(
      `select ${PREFIXES_OF('t.id')} as prefixes from gateway.tenants t where id = $1`,
      [tenant],
    );
    return rows[0]?.prefixes ?? null;
  }

  /** Gives a key out, and makes its tenant known. @returns its id, and the key itself, which can never be shown again. */
  create(wanted: Omit<ApiKey, 'id' | 'prefix'>): Promise<GivenKey> {
    return transaction(this.pool, (client) => give(client, { ...wanted, prefix: null }));
  }

  /**
   * The same for a key that owns a prefix; such keys are made one after another.
   * @param refuses why the prefix cannot be given, seeing those that the tenant's keys were given so far; null where it can.
   * @returns a text where it was refused.
   */
  createOwner(
    wanted: Omit<ApiKey, 'id' | 'prefix'> & { readonly prefix: string },
    refuses: (given: readonly GivenPrefix[]) => string | null,
  ): Promise<GivenKey | string> {
    return transaction(this.pool, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtext('gateway.api_keys.prefix'))`);
      const { rows } = await client.query<GivenPrefix>(
        `select prefix, bool_and(revoked_at is not null) as revoked from gateway.api_keys
          where tenant = $1 and prefix is not null group by prefix`,
        [wanted.tenant],
      );
      return refuses(rows) ?? give(client, wanted);
    });
  }

  async list(): Promise<ListedKey[]> {
    const { rows } = await this.pool.query<ListedKey>(
      'select id, tenant, name, scopes, prefix, created_at as "createdAt", revoked_at as "revokedAt" from gateway.api_keys order by created_at, id',
    );
    return rows;
  }

  /** @returns whether there is such a key. Revoking one again changes nothing. */
  async revoke(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('update gateway.api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1', [id]);
    return rowCount === 1;
  }
}

async function give(client: pg.ClientBase, { tenant, name, scopes, prefix }: Omit<ApiKey, 'id'>): Promise<GivenKey> {
  const id = randomBytes(8).toString('hex');
  const apiKey = makeApiKey();
  await client.query('insert into gateway.tenants (id) values ($1) on conflict do nothing', [tenant]);
  await client.query('insert into gateway.api_keys (id, tenant, name, hash, scopes, prefix) values ($1, $2, $3, $4, $5, $6)', [
    id,
    tenant,
    name,
    hashOf(apiKey),
    scopes,
    prefix,
  ]);
  return { id, apiKey };
}

/** Those of revoked keys too: they stay reserved. */
const PREFIXES_OF = (tenant: string): string =>
  `array(select distinct p.prefix from gateway.api_keys p where p.tenant = ${tenant} and p.prefix is not null order by 1)`;
