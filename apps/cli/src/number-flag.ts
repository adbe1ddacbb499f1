import { WrongUsage } from './failure.js';

/** A whole number that a flag gives. @throws WrongUsage */
export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least) throw new WrongUsage(`${flag} takes a whole number from ${least} on, not ${text}.`);
  return value;
}
