/** The largest amount, and the largest total of one side of an account: 2^128 - 1 minor units. */
export const MAX_AMOUNT = 2n ** 128n - 1n;

/**
 * Reads an amount as it stands on every wire: a string of at most 39 digits, 1 .. 2^128-1 minor units.
 * Leading zeros do not change the value. Anything else, a JSON number included, is undefined.
 */
export function parseMinorUnits(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^\d{1,39}$/.test(value)) return undefined;
  const amount = BigInt(value);
  return amount >= 1n && amount <= MAX_AMOUNT ? amount : undefined;
}

/** Reads a limit or a balance, which may be zero or below: `-` and digits, -(2^128-1) .. 2^128-1 minor units. */
export function parseSignedMinorUnits(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^-?\d{1,39}$/.test(value)) return undefined;
  const amount = BigInt(value);
  return amount >= -MAX_AMOUNT && amount <= MAX_AMOUNT ? amount : undefined;
}
