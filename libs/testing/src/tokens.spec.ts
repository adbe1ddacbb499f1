import { createLocalJWKSet, jwtVerify } from 'jose';
import { type Caller, TOKEN_AUDIENCE, TOKEN_ISSUER } from '@mizan/contracts';
import { testTokens } from './tokens.js';

const caller: Caller = { tenant: 'development', actor: 'key:17', scopes: ['ledger'] };
const expected = { issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, algorithms: ['EdDSA'] };

it('signs what its public keys verify', async () => {
  const tokens = await testTokens();
  const { payload } = await jwtVerify(await tokens.sign(caller), createLocalJWKSet(tokens.publicKeys), expected);
  expect(payload).toMatchObject({ tenant: 'development', sub: 'key:17', scopes: ['ledger'] });
});

it('has a key of its own each time', async () => {
  const [one, two] = [await testTokens(), await testTokens()];
  await expect(jwtVerify(await one.sign(caller), createLocalJWKSet(two.publicKeys), expected)).rejects.toThrow(
    'signature verification failed',
  );
});
