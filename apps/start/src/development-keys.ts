import { join } from 'node:path';
import { type Home, readJson, writePrivate } from './home.js';
import { runProgram } from './run-program.js';
import { type Surroundings, databaseUrlOf, entryPoint } from './services.js';

interface IssuedKey {
  readonly tenant: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** The keys of a development start: two tenants, so that one can see that it does not see the other's, and the service that follows the feed. */
const wanted = {
  development: { tenant: 'development', name: 'development', scopes: 'ledger' },
  second: { tenant: 'second', name: 'second', scopes: 'ledger' },
  accounts: { tenant: '*', name: 'service:accounts', scopes: 'feed' },
} as const;

export type DevelopmentKeys = Readonly<Record<keyof typeof wanted, IssuedKey>>;

/**
 * Gets the keys from the gateway's own command, once. Keys that its database does not know, because it is a new one, are made anew.
 * Also writes the accounts service's key into its file.
 */
export async function developmentKeys(home: Home, around: Surroundings): Promise<DevelopmentKeys> {
  const file = join(home.secrets, 'api-keys.json');
  const kept = await readJson<DevelopmentKeys>(file);
  const keys = kept && (await areKnown(kept, around)) ? kept : await issue(around);
  await writePrivate(file, JSON.stringify(keys));
  await writePrivate(around.accountsKeyFile, keys.accounts.apiKey);
  return keys;
}

async function areKnown(keys: Partial<DevelopmentKeys>, around: Surroundings): Promise<boolean> {
  const lines = (await keyCommand(around, 'list')).trim().split('\n').filter(Boolean);
  const usable = lines
    .map((line) => JSON.parse(line) as { keyId: string; revokedAt?: string | null })
    .filter(({ revokedAt }) => !revokedAt);
  const uses = Object.keys(wanted) as (keyof typeof wanted)[];
  return uses.every((use) => usable.some(({ keyId }) => keyId === keys[use]?.keyId));
}

async function issue(around: Surroundings): Promise<DevelopmentKeys> {
  const made = Object.entries(wanted).map(async ([use, { tenant, name, scopes }]) => {
    const line = await keyCommand(around, 'create', '--tenant', tenant, '--name', name, '--scopes', scopes);
    return [use, JSON.parse(line) as IssuedKey] as const;
  });
  return Object.fromEntries(await Promise.all(made)) as DevelopmentKeys;
}

function keyCommand(around: Surroundings, ...args: string[]): Promise<string> {
  return runProgram(entryPoint('gateway', 'key.command.js'), args, { DATABASE_URL: databaseUrlOf('gateway', around) });
}
