import { type Caller, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_LIFETIME_S } from '@mizan/contracts';
import { type CryptoKey, type JSONWebKeySet, type JWK_OKP_Private, SignJWT, importJWK } from 'jose';

/** A held token is replaced this long before it ends: longer than any request takes. */
const RENEW_BEFORE_END_MS = 90_000;
/** The wall clock may drift apart from the monotonic one by so much before it has jumped. */
const MOST_DRIFT_MS = 2_000;
/** Tokens held at once. */
const HELD = 10_000;

export type SigningKey = JWK_OKP_Private & { readonly kty: 'OKP'; readonly kid?: string };

/** The public half of the signing key, as services read it from TOKEN_KEYS_FILE. */
export function publicKeysOf({ kty, crv, x, kid }: SigningKey): JSONWebKeySet {
  return { keys: [{ kty, crv, x, alg: 'EdDSA', use: 'sig', ...(kid === undefined ? {} : { kid }) }] };
}

interface Held {
  readonly token: string;
  /** By the monotonic clock, ms. */
  readonly renewAt: number;
  /** How far the wall clock was ahead of the monotonic one when it was signed, ms. */
  readonly clockAhead: number;
}

/** Signs what the gateway knows of a caller, so that no service has to ask for it. */
export class TokenSigner {
  private readonly held = new Map<string, Held>();

  private constructor(
    private readonly key: CryptoKey,
    private readonly kid: string | undefined,
  ) {}

  static async from(signingKey: SigningKey): Promise<TokenSigner> {
    return new TokenSigner((await importJWK(signingKey, 'EdDSA')) as CryptoKey, signingKey.kid);
  }

  /** A new token, good for 300 s from now. */
  sign({ actor, ...claims }: Caller): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', ...(this.kid === undefined ? {} : { kid: this.kid }) })
      .setSubject(actor)
      .setIssuer(TOKEN_ISSUER)
      .setAudience(TOKEN_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_LIFETIME_S}s`)
      .sign(this.key);
  }

  /** A token for the caller that will not end soon, where one is held. One signed before the clock jumped says the wrong time. */
  heldFor(caller: Caller): string | null {
    const held = this.held.get(nameOf(caller));
    if (!held || performance.now() >= held.renewAt || Math.abs(clockAhead() - held.clockAhead) > MOST_DRIFT_MS) return null;
    return held.token;
  }

  /** The same, signing one where none is held. */
  async tokenFor(caller: Caller): Promise<string> {
    const held = this.heldFor(caller);
    if (held) return held;
    const renewAt = performance.now() + TOKEN_LIFETIME_S * 1000 - RENEW_BEFORE_END_MS;
    const ahead = clockAhead();
    const token = await this.sign(caller);
    if (this.held.size >= HELD) this.held.delete(this.held.keys().next().value!);
    this.held.set(nameOf(caller), { token, renewAt, clockAhead: ahead });
    return token;
  }
}

/** One actor may act for several tenants, with other scopes after its key was replaced, and beside new owners of prefixes. */
const nameOf = ({ tenant, actor, scopes, prefixes }: Caller): string =>
  `${tenant} ${actor} ${scopes.join()} ${prefixes?.own.join() ?? ''} ${prefixes?.reserved.join() ?? ''}`;

const clockAhead = (): number => Date.now() - performance.now();
