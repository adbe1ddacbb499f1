/** What assets there are: ISO 4217's, and a tenant's own. */
export abstract class Assets {
  /** Decimal places of an asset that is known in memory. */
  abstract exponent(tenant: string, code: string): number | undefined;
  /** Looks assets up where memory does not know them, so that `exponent` can answer. */
  abstract know(tenant: string, codes: readonly string[]): Promise<void>;
  /** Defines a tenant's own asset. Resolves with the exponent it has now: another one than asked means that it existed already. */
  abstract define(tenant: string, code: string, exponent: number): Promise<{ readonly created: boolean; readonly exponent: number }>;
}
