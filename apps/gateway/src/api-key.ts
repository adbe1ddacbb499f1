import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Caller, type ServiceRow, scopes } from '@mizan/contracts';
import { prefixesAround, prefixesOfService } from './id-prefixes.js';

// An API key: `mzn_`, 256 random bits in 43 letters and digits, and a checksum in 6, so that a mistyped key is told apart
// from a revoked one without asking anybody, and scanners for leaked secrets can be sure of what they found.

const PREFIX = 'mzn_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY = /^mzn_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** @param random 32 random bytes. */
export function makeApiKey(random: Buffer = randomBytes(32)): string {
  const body = letters(BigInt(`0x${random.toString('hex')}`), 43);
  return `${PREFIX}${body}${checksum(body)}`;
}

/** Whether it claims to be an API key: everything else is taken for a token. */
export const looksLikeApiKey = (credential: string): boolean => credential.startsWith(PREFIX);

export function isWellFormed(key: string): boolean {
  const parts = KEY.exec(key);
  return parts !== null && checksum(parts[1]!) === parts[2];
}

/** What is stored of a key: 32 bytes. */
export const hashOf = (key: string): Buffer => hash('sha256', key, 'buffer');

const checksum = (body: string): string => letters(BigInt(crc32(`${PREFIX}${body}`)), 6);

function letters(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; rest > 0n; rest /= 62n) text = ALPHABET[Number(rest % 62n)]! + text;
  return text.padStart(length, '0');
}

/** What is known of a key. Its id stands in events; its name is for the people who keep it. */
export interface ApiKey {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** The prefix of the ids that are its own in its tenant. */
  readonly prefix: string | null;
}

export const ALL_TENANTS = '*';

const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const isTenantName = (name: string): boolean => TENANT.test(name);

const SERVICE = 'service:';

/** The row of the service that a key is for. */
export const serviceOf = ({ name }: Pick<ApiKey, 'name'>, rows: readonly ServiceRow[]): ServiceRow | null =>
  rows.find((row) => `${SERVICE}${row.name}` === name) ?? null;

/**
 * A service acts under its own name, anyone else under the id of the key. For all tenants at once a service may read the
 * feed where its row and its key say so, and nothing else.
 * @param ofTenant the prefixes of the tenant's keys.
 */
export function callerOf(key: ApiKey, ofTenant: readonly string[], rows: readonly ServiceRow[]): Caller {
  const { id, tenant, name, scopes: granted } = key;
  if (tenant !== ALL_TENANTS) return caller(tenant, `key:${id}`, granted, key.prefix ? [key.prefix] : [], ofTenant, rows);
  const reads = serviceOf(key, rows)?.scopes.includes(scopes.feed) && granted.includes(scopes.feed);
  return { tenant, actor: name, scopes: reads ? [scopes.feed] : [] };
}

/** A key as it acts for one tenant: a service with the scopes of its row, without the feed. A text says why the key may not. */
export function actingFor(key: ApiKey, tenant: string, ofTenant: readonly string[], rows: readonly ServiceRow[]): Caller | string {
  if (!isTenantName(tenant)) return NOT_FOR_TENANT;
  if (key.tenant !== ALL_TENANTS) return key.tenant === tenant ? callerOf(key, ofTenant, rows) : NOT_FOR_TENANT;
  const row = serviceOf(key, rows);
  if (row === null) return `There is no ${key.name} in the table of services, so its key may not act for a tenant.`;
  const acts = row.scopes.filter((scope) => scope !== scopes.feed);
  if (acts.length === 0) return `By its row, the service ${row.name} may not act for a tenant.`;
  const lacking = acts.filter((scope) => !key.scopes.includes(scope));
  if (lacking.length > 0) return `The key of the service ${row.name} lacks ${lacking.join(', ')}, which its row says. Give it a new key.`;
  return caller(tenant, key.name, acts, prefixesOfService(row), ofTenant, rows);
}

export const NOT_FOR_TENANT = 'This API key may not act for that tenant.';

function caller(
  tenant: string,
  actor: string,
  granted: readonly string[],
  own: readonly string[],
  ofTenant: readonly string[],
  rows: readonly ServiceRow[],
): Caller {
  const prefixes = prefixesAround(own, ofTenant, rows);
  return { tenant, actor, scopes: granted, ...(prefixes && { prefixes }) };
}

/** Why such a key cannot be given out; null where it can. The feed shows every tenant's journal, so only services have it. */
export function refusalOf(key: Pick<ApiKey, 'tenant' | 'name' | 'scopes' | 'prefix'>, rows: readonly ServiceRow[]): string | null {
  if (key.tenant !== ALL_TENANTS && !isTenantName(key.tenant))
    return 'A tenant is named by 1 to 63 small letters, digits and hyphens, or * for a key of a service.';
  if (!/^[a-z0-9][a-z0-9:_-]{0,62}$/.test(key.name)) return 'A key is named by 1 to 63 small letters, digits and : _ -.';
  const known: readonly string[] = Object.values(scopes);
  const unknown = key.scopes.find((scope) => !known.includes(scope));
  if (unknown !== undefined) return `A key has one or more of the scopes ${known.join(', ')}.`;
  const forService = key.tenant === ALL_TENANTS;
  if (forService !== key.name.startsWith(SERVICE)) return 'A key for all tenants (*) is a service’s and named service:<name>; no other is.';
  if (forService) return refusalOfService(key, serviceOf(key, rows));
  if (key.scopes.length === 0) return `A key has one or more of the scopes ${known.join(', ')}.`;
  if (key.scopes.includes(scopes.feed)) return 'A key for all tenants (*) may have the scope feed; no other key has it.';
  return null;
}

function refusalOfService(key: Pick<ApiKey, 'name' | 'scopes' | 'prefix'>, row: ServiceRow | null): string | null {
  if (row === null) return `There is no ${key.name} in the table of services.`;
  if (row.scopes.length === 0) return `The service ${row.name} asks no other, so it has no key.`;
  if (key.scopes.toSorted().join() !== row.scopes.toSorted().join())
    return `The key of the service ${row.name} has the scopes of its row, ${row.scopes.join(', ')}: leave them out, or name these.`;
  return key.prefix ? 'A service owns the prefixes of its processes, by its row; only a tenant’s key is given one.' : null;
}
