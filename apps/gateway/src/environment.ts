import { type UrlVariable, serviceNamed, urlVariable } from '@mizan/contracts';
import { type Environment, type Setting, databaseUrl, file, listening, readEnvironment, urls } from '@mizan/platform';
import { type UpstreamName, upstreamNames } from './http/routing.js';
import type { SigningKey } from './token-signer.js';

const signingKeyFile: Setting<SigningKey> = file('a private Ed25519 key as a JWK', (content) => {
  const key = JSON.parse(content) as Partial<SigningKey>;
  if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || !key.x || !key.d) throw new Error('it is not a private Ed25519 JWK');
  return key as SigningKey;
});

const addresses = Object.fromEntries(
  upstreamNames.map((name) => [urlVariable(name), urls(`where the instances of ${name} listen`)]),
) as Record<UrlVariable<UpstreamName>, Setting<readonly string[]>>;

const settings = {
  ...listening(serviceNamed('gateway').port),
  DATABASE_URL: databaseUrl,
  SIGNING_KEY_FILE: signingKeyFile,
  ...addresses,
};

export type GatewayEnvironment = Environment<typeof settings>;

export const environment = (): GatewayEnvironment => readEnvironment(settings);
