import { type Environment, type Setting, databaseUrl, file, listening, readEnvironment, urls } from '@mizan/platform';
import type { SigningKey } from './token-signer.js';

const signingKeyFile: Setting<SigningKey> = file('a private Ed25519 key as a JWK', (content) => {
  const key = JSON.parse(content) as Partial<SigningKey>;
  if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || !key.x || !key.d) throw new Error('it is not a private Ed25519 JWK');
  return key as SigningKey;
});

const settings = {
  ...listening(8080),
  DATABASE_URL: databaseUrl,
  SIGNING_KEY_FILE: signingKeyFile,
  TRANSFERS_URL: urls('where the instances of transfers listen'),
  ACCOUNTS_URL: urls('where the instances of accounts listen'),
};

export type GatewayEnvironment = Environment<typeof settings>;

export const environment = (): GatewayEnvironment => readEnvironment(settings);
