import { join } from 'node:path';
import { type ServiceRow, services } from '@mizan/contracts';
import { readJson, writePrivate } from './home.js';
import { runProgram } from './run-program.js';
import { serviceKeyFile } from './secrets.js';
import { type Surroundings, databaseUrlOf, entryPoint } from './services.js';

interface IssuedKey {
  readonly tenant: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** What the gateway's command is told of a key that it makes. */
interface WantedKey {
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** A line of the gateway's list of the keys that its database knows. */
export interface ListedKey {
  readonly keyId: string;
  readonly scopes: readonly string[];
  readonly revokedAt?: string | null;
}

/** Two tenants, so that one can see that it does not see the other's. */
const ofTenants = {
  development: { tenant: 'development', name: 'development', scopes: ['ledger'] },
  second: { tenant: 'second', name: 'second', scopes: ['ledger'] },
} as const;

export type DevelopmentKeys = Readonly<Record<keyof typeof ofTenants, IssuedKey>>;

/** The keys of a development start, by use: those of the tenants, and one for each service that asks others. */
export function wantedKeys(rows: readonly ServiceRow[]): Readonly<Record<string, WantedKey>> {
  const ofServices = rows
    .filter(({ scopes }) => scopes.length > 0)
    .map(({ name, scopes }) => [name, { tenant: '*', name: `service:${name}`, scopes }] as const);
  return { ...Object.fromEntries(ofServices), ...ofTenants };
}

/** The uses whose kept key is missing, unknown to the database, revoked, or of other scopes. */
export function usesWithoutKey(
  wanted: Readonly<Record<string, WantedKey>>,
  kept: Readonly<Record<string, Pick<IssuedKey, 'keyId'>>>,
  listed: readonly ListedKey[],
): readonly string[] {
  const isUsable = (use: string, { scopes }: WantedKey): boolean =>
    listed.some((key) => key.keyId === kept[use]?.keyId && !key.revokedAt && key.scopes.toSorted().join() === scopes.toSorted().join());
  return Object.entries(wanted).flatMap(([use, key]) => (isUsable(use, key) ? [] : [use]));
}

/** Gets the keys from the gateway's own command, each once, and writes the key of each service into its file. */
export async function developmentKeys(around: Surroundings): Promise<DevelopmentKeys> {
  const file = join(around.home.secrets, 'api-keys.json');
  const kept = (await readJson<Record<string, IssuedKey>>(file)) ?? {};
  const wanted = wantedKeys(services);
  const missing = usesWithoutKey(wanted, kept, await listedKeys(around));
  const issued = await Promise.all(missing.map(async (use) => [use, await issue(wanted[use]!, around)] as const));
  // A key of a service that only another release has stays for that release.
  const keys = { ...kept, ...Object.fromEntries(issued) };
  await writePrivate(file, JSON.stringify(keys));
  for (const { name, scopes } of services) if (scopes.length > 0) await writePrivate(serviceKeyFile(around.home, name), keys[name]!.apiKey);
  return { development: keys['development']!, second: keys['second']! };
}

async function listedKeys(around: Surroundings): Promise<readonly ListedKey[]> {
  const lines = (await keyCommand(around, 'list')).trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ListedKey);
}

async function issue({ tenant, name, scopes }: WantedKey, around: Surroundings): Promise<IssuedKey> {
  const line = await keyCommand(around, 'create', '--tenant', tenant, '--name', name, '--scopes', scopes.join(','));
  return JSON.parse(line) as IssuedKey;
}

function keyCommand(around: Surroundings, ...args: string[]): Promise<string> {
  return runProgram(entryPoint('gateway', 'key.command.js'), args, { DATABASE_URL: databaseUrlOf('gateway', around) });
}
