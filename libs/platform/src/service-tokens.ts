import { setTimeout as delay } from 'node:timers/promises';
import type { TokenBody } from '@mizan/contracts';

/** A token is renewed this long before it ends, so that none ends on its way. */
const RENEW_BEFORE_END_MS = 30_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;
const ATTEMPT_TIMEOUT_MS = 5_000;

export interface ServiceTokensOptions {
  readonly gatewayUrl: string;
  /** The service's own API key. */
  readonly apiKey: string;
  /** The tenant for which the service acts; none for the feed of all tenants. */
  readonly tenant?: string;
}

/** Tenants whose tokens are kept. */
const TENANTS_KEPT = 1_000;

/** Tokens with which a service acts for one tenant at a time, as `serviceTokens` gives them; those used least recently are dropped. */
export function tenantTokens(options: Omit<ServiceTokensOptions, 'tenant'>): (tenant: string, refused?: string) => Promise<string> {
  const kept = new Map<string, ReturnType<typeof serviceTokens>>();
  return (tenant, refused) => {
    const tokens = kept.get(tenant) ?? serviceTokens({ ...options, tenant });
    kept.delete(tenant);
    kept.set(tenant, tokens);
    if (kept.size > TENANTS_KEPT) kept.delete(kept.keys().next().value!);
    return tokens(refused);
  };
}

/**
 * Gives a service the signed token with which it calls other services: its API key exchanged at the gateway, kept until
 * shortly before it ends, or until a caller says that it was `refused`. Calls that come together share one exchange.
 * The promise rejects when the gateway refuses the key, or after 5 attempts could not reach it (some 1.5 s where connections are refused).
 */
export function serviceTokens(options: ServiceTokensOptions): (refused?: string) => Promise<string> {
  let held: { readonly token: Promise<string>; renewAt: number; text: string | null } | null = null;
  return (refused) => {
    if (held && Date.now() < held.renewAt && (refused === undefined || held.text !== refused)) return held.token;
    const exchange = exchanged(options);
    const mine = { token: exchange.then((body) => body.access_token), renewAt: Infinity, text: null as string | null };
    held = mine;
    exchange.then(
      (body) => {
        mine.text = body.access_token;
        mine.renewAt = Date.now() + body.expires_in * 1000 - RENEW_BEFORE_END_MS;
      },
      () => (mine.renewAt = 0),
    );
    return mine.token;
  };
}

async function exchanged({ gatewayUrl, apiKey, tenant }: ServiceTokensOptions): Promise<TokenBody> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`${gatewayUrl}/v1/token`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, ...(tenant === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(tenant === undefined ? {} : { body: JSON.stringify({ tenant }) }),
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      });
      if (response.ok) return (await response.json()) as TokenBody;
      const answer = await response.text();
      if (response.status < 500 && response.status !== 429) throw new RefusedKey(`The gateway refused this service's key: ${answer}`);
      throw new Error(`The gateway answered ${response.status}: ${answer}`);
    } catch (error) {
      if (error instanceof RefusedKey || attempt === ATTEMPTS) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

class RefusedKey extends Error {}
