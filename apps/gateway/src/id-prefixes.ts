import {
  type IdPrefixes,
  MAX_PREFIXES_OF_A_TENANT,
  type ServiceRow,
  isIdPrefix,
  prefixOfProcesses,
  prefixesOverlap,
} from '@mizan/contracts';

/** A prefix that a key of the tenant was given, now or before it was revoked. */
export interface GivenPrefix {
  readonly prefix: string;
  readonly revoked: boolean;
}

const prefixesOf = (rows: readonly ServiceRow[]): readonly string[] => rows.flatMap(({ processes }) => processes.map(prefixOfProcesses));

/**
 * What a token says of prefixes: the caller's own, and those of everybody else in the tenant.
 * @param own the caller's. @param ofTenant those of all keys of the tenant. @returns null where nobody owns any.
 */
export function prefixesAround(own: readonly string[], ofTenant: readonly string[], rows: readonly ServiceRow[]): IdPrefixes | null {
  const all = [...new Set([...ofTenant, ...prefixesOf(rows)])].toSorted();
  return all.length === 0 && own.length === 0 ? null : { own, reserved: all.filter((prefix) => !own.includes(prefix)) };
}

/** The prefixes that a service owns by its row. */
export const prefixesOfService = (row: ServiceRow): readonly string[] => prefixesOf([row]);

/** Why a key of a tenant cannot own the prefix; null where it can. @param given those that the tenant's keys were given so far. */
export function prefixRefusal(prefix: string, given: readonly GivenPrefix[], rows: readonly ServiceRow[]): string | null {
  if (!isIdPrefix(prefix)) return 'A prefix is 3 to 40 of A-Z a-z 0-9 _ . : - and begins with a letter or digit.';
  const ofService = prefixesOf(rows).find((each) => prefixesOverlap(each, prefix));
  if (ofService !== undefined) return `Ids that begin with ${ofService} are a service’s; a tenant’s key cannot own ${prefix}.`;
  // A revoked key's prefix may be taken over whole, and no part of it: what it reserved stays one piece.
  const another = given.find((each) => prefixesOverlap(each.prefix, prefix) && !(each.revoked && each.prefix === prefix));
  if (another) return `A key of this tenant was given the prefix ${another.prefix}, so ${prefix} cannot be given to another.`;
  if (new Set([...given.map((each) => each.prefix), prefix]).size > MAX_PREFIXES_OF_A_TENANT)
    return `The keys of a tenant own at most ${MAX_PREFIXES_OF_A_TENANT} prefixes; those of revoked keys count.`;
  return null;
}
