import { type ServiceRow, serviceNamed, services } from '@mizan/contracts';
import {
  type ApiKey,
  NOT_FOR_TENANT,
  actingFor,
  callerOf,
  hashOf,
  isWellFormed,
  looksLikeApiKey,
  makeApiKey,
  refusalOf,
} from './api-key.js';

describe('an API key', () => {
  it('has its form, whatever the random bits', () => {
    for (const random of [Buffer.alloc(32, 0), Buffer.alloc(32, 255), undefined]) {
      const key = makeApiKey(random);
      expect(key).toMatch(/^mzn_[0-9A-Za-z]{49}$/);
      expect(isWellFormed(key)).toBe(true);
      expect(looksLikeApiKey(key)).toBe(true);
    }
    expect(makeApiKey()).not.toBe(makeApiKey());
  });

  it('with any one letter mistyped is not taken for one', () => {
    const key = makeApiKey();
    for (let i = 4; i < key.length; i++)
      expect(isWellFormed(key.slice(0, i) + (key[i] === 'a' ? 'b' : 'a') + key.slice(i + 1))).toBe(false);
    expect(isWellFormed(key.slice(0, -1))).toBe(false);
  });

  it('is known by its SHA-256', () => {
    expect(hashOf('mzn_0').toString('hex')).toBe('ad66dc3bc3719db353e6311fe14137d9055f9f0ea4060268f062bd3f9b60e711');
    expect(hashOf(makeApiKey())).toHaveLength(32);
  });
});

const key: ApiKey = { id: '17ab', tenant: 'acme', name: 'importer', scopes: ['ledger'], prefix: null };
const payouts: ServiceRow = { ...serviceNamed('accounts'), name: 'payouts', scopes: ['feed', 'ledger'], processes: ['payout'] };
const vault: ServiceRow = { ...payouts, name: 'vault', scopes: ['ledger'], processes: ['erasure'] };
const rows = [...services, payouts, vault];
const ofPayouts: ApiKey = { ...key, tenant: '*', name: 'service:payouts', scopes: ['feed', 'ledger'] };

it('a tenant’s key acts under its id, a service under its own name', () => {
  expect(callerOf(key, [], services)).toEqual({ tenant: 'acme', actor: 'key:17ab', scopes: ['ledger'] });
  expect(callerOf({ ...key, tenant: '*', name: 'service:accounts', scopes: ['feed'] }, [], services)).toEqual({
    tenant: '*',
    actor: 'service:accounts',
    scopes: ['feed'],
  });
});

it('a service’s key reads the feed of all tenants, and acts for one tenant at a time with the other scopes of its row', () => {
  const acting = { tenant: 'acme', actor: 'service:payouts', scopes: ['ledger'], prefixes: { own: ['payout-'], reserved: ['erasure-'] } };
  expect(callerOf(ofPayouts, [], rows)).toEqual({ tenant: '*', actor: 'service:payouts', scopes: ['feed'] });
  expect(actingFor(ofPayouts, 'acme', [], rows)).toEqual(acting);
  expect(actingFor(ofPayouts, '*', [], rows)).toBe(NOT_FOR_TENANT);
});

it('what a service’s key has beyond its row is not given', () => {
  const reader = { ...payouts, scopes: ['feed'] };
  expect(actingFor(ofPayouts, 'acme', [], [reader])).toContain('may not act for a tenant');
  expect(callerOf(ofPayouts, [], [{ ...payouts, scopes: ['ledger'] }]).scopes).toEqual([]);
});

it('what its row has and the key lacks is refused, and named', () => {
  expect(actingFor({ ...ofPayouts, scopes: ['feed'] }, 'acme', [], rows)).toBe(
    'The key of the service payouts lacks ledger, which its row says. Give it a new key.',
  );
  expect(callerOf({ ...ofPayouts, scopes: ['ledger'] }, [], rows).scopes).toEqual([]);
});

it('a service without a row may do nothing', () => {
  expect(callerOf(ofPayouts, [], services).scopes).toEqual([]);
  expect(actingFor(ofPayouts, 'acme', [], services)).toContain('There is no service:payouts');
});

it('a tenant’s key acts for its own tenant alone', () => {
  expect(actingFor(key, 'acme', [], rows)).toEqual(callerOf(key, [], rows));
  expect(actingFor(key, 'other', [], rows)).toBe(NOT_FOR_TENANT);
});

it('a key owns its prefix, and knows those of all others in its tenant and of all services', () => {
  const owner = { ...key, prefix: 'order-' };
  expect(callerOf(owner, ['order-', 'till-'], rows).prefixes).toEqual({ own: ['order-'], reserved: ['erasure-', 'payout-', 'till-'] });
  expect(callerOf(key, ['order-'], services).prefixes).toEqual({ own: [], reserved: ['order-'] });
});

it.each([
  [{}],
  [{ tenant: '*', name: 'service:accounts', scopes: ['feed'] }],
  [{ tenant: '*', name: 'service:vault', scopes: ['ledger'] }],
  [{ tenant: '*', name: 'service:payouts', scopes: ['ledger', 'feed'] }],
])('a key with %j may be given out', (change) => expect(refusalOf({ ...key, ...change }, rows)).toBeNull());

it.each([
  [{ tenant: 'Acme' }, 'A tenant is named'],
  [{ name: 'two words' }, 'A key is named'],
  [{ scopes: [] }, 'one or more of the scopes'],
  [{ scopes: ['ledger', 'everything'] }, 'one or more of the scopes'],
  [{ name: 'service:accounts' }, 'no other is'],
  [{ tenant: '*' }, 'no other is'],
  [{ scopes: ['feed'] }, 'no other key has it'],
  [{ tenant: '*', name: 'service:accounts', scopes: ['feed', 'ledger'] }, 'has the scopes of its row, feed'],
  [{ tenant: '*', name: 'service:payouts', scopes: ['ledger'] }, 'has the scopes of its row, feed, ledger'],
  [{ tenant: '*', name: 'service:nobody' }, 'There is no service:nobody'],
  [{ tenant: '*', name: 'service:transfers' }, 'asks no other'],
  [{ tenant: '*', name: 'service:vault', prefix: 'order-' }, 'by its row'],
])('a key with %j may not', (change, why) => expect(refusalOf({ ...key, ...change }, rows)).toContain(why));
