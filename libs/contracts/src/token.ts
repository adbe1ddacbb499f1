import type { IdPrefixes } from './id-prefix.js';

/** What a signed token says. Ed25519 (EdDSA), at most 10 minutes old, issuer `mizan-gateway`, audience `mizan`. */
export interface Caller {
  /** The tenant whose ledgers may be seen; services that read for all tenants have `*`. */
  readonly tenant: string;
  /** Who acts, as it will stand in events: `key:<key id>` or `service:<name>`. */
  readonly actor: string;
  readonly scopes: readonly string[];
  /** Which ids it may spend. Absent where nobody in the tenant owns a prefix, and in tokens of a gateway that knows none. */
  readonly prefixes?: IdPrefixes;
}

export const TOKEN_ISSUER = 'mizan-gateway';
export const TOKEN_AUDIENCE = 'mizan';
/** Lifetime of a token, seconds. */
export const TOKEN_LIFETIME_S = 300;

/** `ledger`: everything under /v1/ledgers and /v1/assets of the tenant. `feed`: the feed of all tenants, for services. */
export const scopes = { ledger: 'ledger', feed: 'feed' } as const;

/** `POST /v1/token` with `Authorization: Bearer <api key>` answers this (OAuth 2 client credentials). */
export interface TokenBody {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
}
