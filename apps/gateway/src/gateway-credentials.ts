import type { Caller, ServiceRow } from '@mizan/contracts';
import { type Credentials, Problem, type TokenVerifier, unauthorized } from '@mizan/platform';
import { type ApiKey, NOT_FOR_TENANT, actingFor, callerOf, isWellFormed, looksLikeApiKey } from './api-key.js';
import type { ApiKeys } from './tables/api-keys.postgres.js';

/** A key that was looked up is good for this long without asking again: so long may a revoked one live on. */
export const KEY_TRUSTED_MS = 5_000;
/** Keys remembered at once. */
const REMEMBERED = 10_000;

interface KnownKey {
  readonly key: ApiKey;
  readonly caller: Caller;
  /** By the monotonic clock, ms. No jump of the wall clock lets a revoked key live longer. */
  readonly until: number;
}

/** The gateway takes two kinds of credential: API keys, which it looks up, and the tokens that it signed itself. */
export class GatewayCredentials implements Credentials {
  private readonly known = new Map<string, KnownKey>();
  private readonly lookups = new Map<string, Promise<KnownKey>>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: TokenVerifier,
    private readonly services: readonly ServiceRow[],
  ) {}

  remembered(credential: string): Caller | null {
    if (!looksLikeApiKey(credential)) return this.tokens.remembered(credential);
    return this.trusted(credential)?.caller ?? null;
  }

  async verify(credential: string): Promise<Caller> {
    return looksLikeApiKey(credential) ? (await this.lookUpOnce(credential)).caller : this.tokens.verify(credential);
  }

  /**
   * The owner of an API key, as it acts for one tenant.
   * @throws Problem forbidden where the key may not act for this tenant, and where no key was ever given out for the tenant.
   */
  async verifyFor(apiKey: string, tenant: string): Promise<Caller> {
    const { key } = this.trusted(apiKey) ?? (await this.lookUpOnce(apiKey));
    const ofTenant = await this.answered(this.keys.prefixesOf(tenant));
    const caller = ofTenant === null ? NOT_FOR_TENANT : actingFor(key, tenant, ofTenant, this.services);
    if (typeof caller === 'string') throw new Problem('forbidden', caller);
    return caller;
  }

  private trusted(apiKey: string): KnownKey | null {
    const known = this.known.get(apiKey);
    return known && performance.now() < known.until ? known : null;
  }

  /** Requests that come while a key is being looked up share the answer. */
  private lookUpOnce(apiKey: string): Promise<KnownKey> {
    let lookup = this.lookups.get(apiKey);
    if (!lookup) {
      lookup = this.lookUp(apiKey).finally(() => this.lookups.delete(apiKey));
      this.lookups.set(apiKey, lookup);
    }
    return lookup;
  }

  private async lookUp(apiKey: string): Promise<KnownKey> {
    if (!isWellFormed(apiKey)) throw unauthorized('This API key is mistyped or cut off: its checksum does not fit.');
    const until = performance.now() + KEY_TRUSTED_MS;
    const found = await this.answered(this.keys.find(apiKey));
    this.known.delete(apiKey);
    if (!found) throw unauthorized('This API key was revoked or never given out.');
    const { ofTenant, ...key } = found;
    const known = { key, caller: callerOf(key, ofTenant, this.services), until };
    if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(apiKey, known);
    return known;
  }

  private answered<T>(question: Promise<T>): Promise<T> {
    return question.catch((cause: unknown) => {
      throw new Problem('unavailable', 'API keys cannot be looked up just now. Nothing was done. Try again shortly.', {
        headers: { 'retry-after': '1' },
        cause,
      });
    });
  }
}
