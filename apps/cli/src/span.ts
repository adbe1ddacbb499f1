import { WrongUsage } from './failure.js';

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
/** A hundred years. */
const LONGEST_MS = 36_525 * 86_400_000;

/** A span of time as people write it, `3d` or `1d12h`, in ms. @throws WrongUsage */
export function spanMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([dhms])/g)];
  const whole = parts.map(([part]) => part).join('') === text && new Set(parts.map(([, , unit]) => unit)).size === parts.length;
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
  if (!whole || ms === 0) throw new WrongUsage(`${text} is not a span of time such as 3d, 12h, 90m or 1d12h. The clock goes forward only.`);
  if (ms > LONGEST_MS) throw new WrongUsage(`${text} is more than 100 years, which is the most.`);
  return ms;
}
