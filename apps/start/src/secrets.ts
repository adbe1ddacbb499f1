import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '@mizan/contracts';
import { type Home, parsed, writePrivate } from './home.js';

/** A password that is made once and then kept. */
export async function password(home: Home, name: string): Promise<string> {
  return madeOnce(join(home.secrets, `${name}.password`), () => randomBytes(24).toString('base64url'));
}

/** Holds the API key with which a service asks others. */
export const serviceKeyFile = (home: Home, name: ServiceName): string => join(home.secrets, `${name}.key`);

/** The gateway's signing key (Ed25519, private JWK), and the JWKS of its public half that every service verifies tokens with. */
export async function signingKeys(home: Home): Promise<{ readonly signingKeyFile: string; readonly publicKeysFile: string }> {
  const signingKeyFile = join(home.secrets, 'signing-key.json');
  const publicKeysFile = join(home.secrets, 'token-keys.json');
  const text = await madeOnce(signingKeyFile, () => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    // The key's RFC 7638 thumbprint: its members in this order.
    const thumbprint = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
    return JSON.stringify({ ...jwk, kid: createHash('sha256').update(thumbprint).digest('base64url'), alg: 'EdDSA', use: 'sig' });
  });
  const publicKey = parsed<Record<string, string>>(text, signingKeyFile);
  delete publicKey['d'];
  await writePrivate(publicKeysFile, JSON.stringify({ keys: [publicKey] }));
  return { signingKeyFile, publicKeysFile };
}

async function madeOnce(file: string, make: () => string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return kept;
  const made = make();
  await writePrivate(file, made);
  return made;
}
