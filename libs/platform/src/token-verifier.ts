import { type Caller, type IdPrefixes, TOKEN_AUDIENCE, TOKEN_ISSUER } from '@mizan/contracts';
import { type JSONWebKeySet, type JWTPayload, createLocalJWKSet, errors, jwtVerify } from 'jose';
import { type Credentials, unauthorized } from './access.js';
import type { Problem } from './problem.js';

/** How far two machines' clocks may differ, seconds. */
const CLOCK_TOLERANCE_S = 5;
/** No token is taken that was made longer ago, whatever it says of its own end. */
const OLDEST_TOKEN = '10m';
/** Verified tokens that are remembered. */
const REMEMBERED = 10_000;

interface Verified {
  readonly caller: Caller;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** The same by the monotonic clock: a wall clock that is put back makes no token live longer. */
  readonly until: number;
}

/** Checks signed tokens against the gateway's public keys. A token's signature is checked once; then it is known by its text until it ends. */
export class TokenVerifier implements Credentials {
  private readonly verified = new Map<string, Verified>();
  private readonly keyFor: ReturnType<typeof createLocalJWKSet>;

  constructor(publicKeys: JSONWebKeySet) {
    this.keyFor = createLocalJWKSet(publicKeys);
  }

  /** The caller of a token that was verified before and has not ended. */
  remembered(token: string): Caller | null {
    const known = this.verified.get(token);
    if (!known) return null;
    if (known.expiresAt > Date.now() && known.until > performance.now()) return known.caller;
    this.verified.delete(token);
    return null;
  }

  /** @throws Problem `unauthorized` for a token that is not ours, has ended, or lacks what a token must say. */
  async verify(token: string): Promise<Caller> {
    const { payload } = await jwtVerify(token, this.keyFor, {
      algorithms: ['EdDSA'],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE_S,
      maxTokenAge: OLDEST_TOKEN,
      requiredClaims: ['exp', 'sub'],
    }).catch((error: unknown) => {
      throw refusal(error);
    });
    const caller = callerOf(payload);
    if (!caller) throw invalidToken('The token does not say its tenant and scopes as a token must.');
    const expiresAt = payload.exp! * 1000;
    this.remember(token, { caller, expiresAt, until: performance.now() + expiresAt - Date.now() });
    return caller;
  }

  /** Past the bound, the token that was verified longest ago is forgotten and will be verified again. */
  private remember(token: string, verified: Verified): void {
    if (this.verified.size >= REMEMBERED) this.verified.delete(this.verified.keys().next().value!);
    this.verified.set(token, verified);
  }
}

function callerOf({ sub, tenant, scopes, prefixes }: JWTPayload): Caller | null {
  if (typeof tenant !== 'string' || !areTexts(scopes)) return null;
  if (prefixes === undefined) return { tenant, actor: sub!, scopes };
  const { own, reserved } = (prefixes ?? {}) as Partial<Record<keyof IdPrefixes, unknown>>;
  return areTexts(own) && areTexts(reserved) ? { tenant, actor: sub!, scopes, prefixes: { own, reserved } } : null;
}

const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return invalidToken('The token has ended. Get a new one with POST /v1/token.');
  if (error instanceof errors.JOSEError)
    return invalidToken('The token was not signed by this platform’s gateway, or is malformed. Get one with POST /v1/token.');
  return error;
}

const invalidToken = (detail: string): Problem => unauthorized(detail, 'Bearer realm="mizan", error="invalid_token"');
