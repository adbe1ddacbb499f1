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

it('holds no token for a caller beside whom others own prefixes since', async () => {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const signer = await TokenSigner.from((await exportJWK(privateKey)) as SigningKey);
  const before = await signer.tokenFor(caller);
  const reserved = { ...caller, prefixes: { own: [], reserved: ['till-'] } };
  const own = { ...caller, prefixes: { own: ['till-'], reserved: [] } };
  expect([signer.heldFor(reserved), signer.heldFor(own)]).toEqual([null, null]);
  const tokens = [before, await signer.tokenFor(reserved), await signer.tokenFor(own)];
  expect(new Set(tokens).size).toBe(3);
  expect([caller, reserved, own].map((each) => signer.heldFor(each))).toEqual(tokens);
});
