import { parseArgs } from 'node:util';

export const USAGE = `npm run simulate                          2,000 schedules from a new seed on
npm run simulate -- --minutes N           as many as fit into N minutes
npm run simulate -- --schedules N         N schedules
npm run simulate -- --seed N              that one schedule again, and all that happens in it
--seed beside --minutes or --schedules is the seed of the first schedule.`;

export interface Options {
  readonly help: boolean;
  readonly minutes: number | null;
  readonly schedules: number | null;
  readonly seed: number | null;
}

/** @throws Error that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' }, minutes: text, schedules: text, seed: text },
  });
  if (values.minutes !== undefined && values.schedules !== undefined)
    throw new Error('--minutes and --schedules both say when to stop. Give one of them.');
  return {
    help: values.help ?? false,
    minutes: values.minutes === undefined ? null : positive('minutes', values.minutes),
    schedules: values.schedules === undefined ? null : whole('schedules', values.schedules, 1),
    seed: values.seed === undefined ? null : whole('seed', values.seed, 0),
  };
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least)
    throw new Error(`--${name} ${text} is not a whole number from ${least} on.`);
  return number;
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number === 0) throw new Error(`--${name} ${text} is not a number above 0, such as 10 or 0.5.`);
  return number;
}
