import type { Caller } from '@mizan/contracts';
import { type Credentials, Problem, type TokenVerifier, unauthorized } from '@mizan/platform';
import { callerOf, isWellFormed, looksLikeApiKey } from './api-key.js';
import type { ApiKeys } from './api-keys.postgres.js';

/** A key that was looked up is good for this long without asking again: so long may a revoked one live on. */
export const KEY_TRUSTED_MS = 5_000;
/** Keys remembered at once. */
const REMEMBERED = 10_000;

/** The gateway takes two kinds of credential: API keys, which it looks up, and the tokens that it signed itself. */
export class GatewayCredentials implements Credentials {
  /** `until`: by the monotonic clock, ms. No jump of the wall clock lets a revoked key live longer. */
  private readonly known = new Map<string, { readonly caller: Caller; readonly until: number }>();
  private readonly lookups = new Map<string, Promise<Caller>>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly tokens: TokenVerifier,
  ) {}

  remembered(credential: string): Caller | null {
    if (!looksLikeApiKey(credential)) return this.tokens.remembered(credential);
    const known = this.known.get(credential);
    return known && performance.now() < known.until ? known.caller : null;
  }

  verify(credential: string): Promise<Caller> {
    return looksLikeApiKey(credential) ? this.lookUpOnce(credential) : this.tokens.verify(credential);
  }

  /** Requests that come while a key is being looked up share the answer. */
  private lookUpOnce(apiKey: string): Promise<Caller> {
    let lookup = this.lookups.get(apiKey);
    if (!lookup) {
      lookup = this.lookUp(apiKey).finally(() => this.lookups.delete(apiKey));
      this.lookups.set(apiKey, lookup);
    }
    return lookup;
  }

  private async lookUp(apiKey: string): Promise<Caller> {
    if (!isWellFormed(apiKey)) throw unauthorized('This API key is mistyped or cut off: its checksum does not fit.');
    const until = performance.now() + KEY_TRUSTED_MS;
    const key = await this.keys.find(apiKey).catch((cause: unknown) => {
      throw new Problem('unavailable', 'API keys cannot be looked up just now. Nothing was done. Try again shortly.', {
        headers: { 'retry-after': '1' },
        cause,
      });
    });
    this.known.delete(apiKey);
    if (!key) throw unauthorized('This API key was revoked or never given out.');
    const caller = callerOf(key);
    if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(apiKey, { caller, until });
    return caller;
  }
}
