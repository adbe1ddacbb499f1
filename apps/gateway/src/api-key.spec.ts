import { type ApiKey, actingFor, callerOf, hashOf, isWellFormed, looksLikeApiKey, makeApiKey, refusalOf } from './api-key.js';

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

const key: ApiKey = { id: '17ab', tenant: 'acme', name: 'importer', scopes: ['ledger'] };

it('a tenant’s key acts under its id, a service under its own name', () => {
  expect(callerOf(key)).toEqual({ tenant: 'acme', actor: 'key:17ab', scopes: ['ledger'] });
  expect(callerOf({ ...key, tenant: '*', name: 'service:accounts', scopes: ['feed'] })).toEqual({
    tenant: '*',
    actor: 'service:accounts',
    scopes: ['feed'],
  });
});

it('a service’s key reads the feed of all tenants, and acts for one tenant at a time with its other scopes', () => {
  const service = { ...key, tenant: '*', name: 'service:payouts', scopes: ['feed', 'ledger'] };
  expect(callerOf(service)).toEqual({ tenant: '*', actor: 'service:payouts', scopes: ['feed'] });
  expect(actingFor(service, 'acme')).toEqual({ tenant: 'acme', actor: 'service:payouts', scopes: ['ledger'] });
  expect(actingFor(service, '*')).toBeNull();
  expect(actingFor({ ...service, scopes: ['feed'] }, 'acme')).toBeNull();
});

it('a tenant’s key acts for its own tenant alone', () => {
  expect(actingFor(key, 'acme')).toEqual(callerOf(key));
  expect(actingFor(key, 'other')).toBeNull();
});

it.each([
  [{}],
  [{ tenant: '*', name: 'service:accounts', scopes: ['feed'] }],
  [{ tenant: '*', name: 'service:payouts', scopes: ['ledger'] }],
  [{ tenant: '*', name: 'service:payouts', scopes: ['feed', 'ledger'] }],
])('a key with %j may be given out', (change) => expect(refusalOf({ ...key, ...change })).toBeNull());

it.each([
  [{ tenant: 'Acme' }, 'A tenant is named'],
  [{ name: 'two words' }, 'A key is named'],
  [{ scopes: [] }, 'one or more of the scopes'],
  [{ scopes: ['ledger', 'everything'] }, 'one or more of the scopes'],
  [{ name: 'service:accounts' }, 'no other is'],
  [{ tenant: '*' }, 'no other is'],
  [{ scopes: ['feed'] }, 'no other key has it'],
])('a key with %j may not', (change, why) => expect(refusalOf({ ...key, ...change })).toContain(why));
