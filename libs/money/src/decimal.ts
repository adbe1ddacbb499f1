import { MAX_AMOUNT } from './amount.js';

/** Why a text is not a decimal amount of an asset. */
export type DecimalFault =
  /** Not plain digits with at most one point between them. */
  | 'malformed'
  /** More decimal places than the asset has. */
  | 'too_fine'
  /** A minus where only an unsigned amount makes sense. */
  | 'negative'
  /** Past 2^128-1 minor units. */
  | 'too_large';

/**
 * Reads "250.00" of an asset with two decimal places as 25000n minor units, or names the fault.
 * Whole units need no point. Spaces, grouping, a plus, and exponents ("1e3") are malformed: what could be
 * read in two ways is not read at all.
 */
export function parseDecimal(text: string, exponent: number, { signed = false } = {}): bigint | DecimalFault {
  const parts = /^(-?)(\d{1,39})(?:\.(\d{1,39}))?$/.exec(text);
  if (!parts) return 'malformed';
  const [, minus, whole = '', fraction = ''] = parts;
  if (minus && !signed) return 'negative';
  if (fraction.length > exponent) return 'too_fine';
  const amount = BigInt(whole + fraction.padEnd(exponent, '0'));
  if (amount > MAX_AMOUNT) return 'too_large';
  return minus ? -amount : amount;
}

/** Writes minor units as a decimal number, exactly: 25000n with two places is "250.00". Grouped: "1,250.00". */
export function formatDecimal(amount: bigint, exponent: number, { grouped = false } = {}): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  const whole = grouped ? digits.slice(0, point).replace(/\B(?=(?:\d{3})+$)/g, ',') : digits.slice(0, point);
  return (amount < 0n ? '-' : '') + whole + (exponent > 0 ? '.' + digits.slice(point) : '');
}
