import { type JSONWebKeySet, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type Caller, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_LIFETIME_S } from '@mizan/contracts';

export interface TestTokens {
  /** What a service reads from TOKEN_KEYS_FILE. */
  readonly publicKeys: JSONWebKeySet;
  /** A token as the gateway signs it. */
  sign(caller: Caller): Promise<string>;
}

/** A signing key of the test's own. */
export async function testTokens(): Promise<TestTokens> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const kid = 'test';
  return {
    publicKeys: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] },
    sign: ({ actor, ...claims }) =>
      new SignJWT({ ...claims })
        .setSubject(actor)
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .setIssuer(TOKEN_ISSUER)
        .setAudience(TOKEN_AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${TOKEN_LIFETIME_S}s`)
        .sign(privateKey),
  };
}
