import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Caller, scopes } from '@mizan/contracts';

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
}

export const ALL_TENANTS = '*';

const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const isTenantName = (name: string): boolean => TENANT.test(name);

/**
 * A service acts under its own name, anyone else under the id of the key.
 * For all tenants at once a service may read the feed, and nothing else.
 */
export function callerOf({ id, tenant, name, scopes: granted }: ApiKey): Caller {
  if (tenant !== ALL_TENANTS) return { tenant, actor: `key:${id}`, scopes: granted };
  return { tenant, actor: name, scopes: granted.filter((scope) => scope === scopes.feed) };
}

/** A service that acts for one tenant: with its key's scopes, without the feed. Null where the key may not act for this tenant. */
export function actingFor(key: ApiKey, tenant: string): Caller | null {
  if (key.tenant === tenant && isTenantName(tenant)) return callerOf(key);
  const acts = key.scopes.filter((scope) => scope !== scopes.feed);
  return key.tenant === ALL_TENANTS && isTenantName(tenant) && acts.length > 0 ? { tenant, actor: key.name, scopes: acts } : null;
}

/** Why such a key cannot be given out; null where it can. The feed shows every tenant's journal, so only services have it. */
export function refusalOf(key: Pick<ApiKey, 'tenant' | 'name' | 'scopes'>): string | null {
  if (key.tenant !== ALL_TENANTS && !isTenantName(key.tenant))
    return 'A tenant is named by 1 to 63 small letters, digits and hyphens, or * for a key of a service.';
  if (!/^[a-z0-9][a-z0-9:_-]{0,62}$/.test(key.name)) return 'A key is named by 1 to 63 small letters, digits and : _ -.';
  const known: readonly string[] = Object.values(scopes);
  const unknown = key.scopes.find((scope) => !known.includes(scope));
  if (unknown !== undefined || key.scopes.length === 0) return `A key has one or more of the scopes ${known.join(', ')}.`;
  const forService = key.tenant === ALL_TENANTS;
  if (forService !== key.name.startsWith('service:'))
    return 'A key for all tenants (*) is a service’s and named service:<name>; no other is.';
  if (!forService && key.scopes.includes(scopes.feed)) return 'A key for all tenants (*) may have the scope feed; no other key has it.';
  return null;
}
