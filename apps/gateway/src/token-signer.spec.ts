import { exportJWK, generateKeyPair } from 'jose';
import { type SigningKey, TokenSigner } from './token-signer.js';

const { jest } = import.meta;
const HOURS = 3_600_000;
const caller = { tenant: 'one', actor: 'key:1', scopes: ['ledger'] };

afterEach(() => jest.restoreAllMocks());

it.each([2 * HOURS, -2 * HOURS])('signs anew when the wall clock has jumped by %i ms, and when it is put right', async (jump) => {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const signer = await TokenSigner.from((await exportJWK(privateKey)) as SigningKey);
  const first = await signer.tokenFor(caller);
  expect(signer.heldFor(caller)).toBe(first);
  const real = Date.now;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => real() + jump);
  expect(signer.heldFor(caller)).toBeNull();
  const during = await signer.tokenFor(caller);
  expect(signer.heldFor(caller)).toBe(during);
  clock.mockRestore();
  expect(signer.heldFor(caller)).toBeNull();
});
