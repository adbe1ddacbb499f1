import { type ServiceRow, serviceNamed, services } from '@mizan/contracts';
import { type ListedKey, usesWithoutKey, wantedKeys } from './development-keys.js';

const approvals: ServiceRow = { ...serviceNamed('accounts'), name: 'approvals', port: 8090 };
const rows = [...services, approvals];

const kept = { development: { keyId: '1' }, second: { keyId: '2' }, accounts: { keyId: '3' } };
const listed: readonly ListedKey[] = [
  { keyId: '1', scopes: ['ledger'], revokedAt: null },
  { keyId: '2', scopes: ['ledger'], revokedAt: null },
  { keyId: '3', scopes: ['feed'], revokedAt: null },
];

it('a start wants a key for each of two tenants and for each service that asks others, with the scopes of its row', () => {
  expect(wantedKeys(rows)).toEqual({
    development: { tenant: 'development', name: 'development', scopes: ['ledger'] },
    second: { tenant: 'second', name: 'second', scopes: ['ledger'] },
    accounts: { tenant: '*', name: 'service:accounts', scopes: ['feed'] },
    approvals: { tenant: '*', name: 'service:approvals', scopes: ['feed'] },
  });
});

it('the keys of an old home go on being used, and an additional service alone gets a new one', () => {
  expect(usesWithoutKey(wantedKeys(services), kept, listed)).toEqual([]);
  expect(usesWithoutKey(wantedKeys(rows), kept, listed)).toEqual(['approvals']);
});

it('a new home wants them all, and so does a new database', () => {
  const all = ['accounts', 'development', 'second'];
  expect(usesWithoutKey(wantedKeys(services), {}, listed).toSorted()).toEqual(all);
  expect(usesWithoutKey(wantedKeys(services), kept, []).toSorted()).toEqual(all);
});

it.each<[string, Partial<ListedKey>]>([
  ['is revoked', { revokedAt: '2026-01-31T09:30:00Z' }],
  ['has other scopes than its row', { scopes: ['ledger'] }],
  ['is not known to the database', { keyId: '4' }],
])('a key that %s is made anew, and no other', (_, change) => {
  const changed = listed.map((key) => (key.keyId === '3' ? { ...key, ...change } : key));
  expect(usesWithoutKey(wantedKeys(services), kept, changed)).toEqual(['accounts']);
});
