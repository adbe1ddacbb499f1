import { type DecimalFault, parseDecimal } from '@mizan/money';
import { WrongUsage } from './failure.js';

/** Minor units with their decimal places: what a table shows as a decimal number. */
export interface Money {
  readonly minor: bigint;
  readonly exponent: number;
}

export const money = (minor: string | bigint, exponent: number): Money => ({ minor: BigInt(minor), exponent });

/**
 * A decimal as the user writes it, in minor units of its asset.
 * @throws WrongUsage where it is no decimal, finer than the asset, or, unsigned, nothing.
 */
export function minorUnits(text: string, asset: string, exponent: number, { signed = false } = {}): bigint {
  const amount = parseDecimal(text, exponent, { signed });
  if (amount === 0n && !signed) throw new WrongUsage(`${text} is nothing; an amount begins at one minor unit.`);
  if (typeof amount === 'bigint') return amount;
  const problems: Record<DecimalFault, string> = {
    malformed: 'is not an amount such as 250.00',
    too_fine: `is too fine: ${asset} has ${exponent} decimal place${exponent === 1 ? '' : 's'}`,
    negative: 'is negative; turn debit and credit round instead',
    too_large: 'is larger than any amount',
  };
  throw new WrongUsage(`${text} ${problems[amount]}.`);
}
