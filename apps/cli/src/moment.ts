import { WrongUsage } from './failure.js';

const DAY_MS = 24 * 3600 * 1000;

/** The beginning of what the user names: a day's first moment, or the moment itself. */
export const fromMoment = (text: string): string => (isDay(text) ? startOf(text).toISOString() : moment(text));

/** The end of a range, exclusive: of a day, the first moment after it, so that the day is in; of a moment, itself. */
export const toMoment = (text: string): string => (isDay(text) ? new Date(startOf(text).getTime() + DAY_MS).toISOString() : moment(text));

/** The last moment of what the user names, inclusive: of a day, its last millisecond; of a moment, itself. */
export const throughMoment = (text: string): string =>
  isDay(text) ? new Date(startOf(text).getTime() + DAY_MS - 1).toISOString() : moment(text);

/** What counts at `--at`, as it was known at `--known`, in the words of the API; either may be left open. @throws WrongUsage */
export const pastAsked = ({ at, known }: PastFlags): { readonly at: string | undefined; readonly recordedAt: string | undefined } => ({
  at: at === undefined ? undefined : throughMoment(at),
  recordedAt: known === undefined ? undefined : throughMoment(known),
});
export interface PastFlags {
  readonly at?: string;
  readonly known?: string;
}

/**
 * A range as the user writes it, from its beginning to its end, exclusive; either may be left open.
 * @throws WrongUsage where it ends before it begins. A day that is named as the end is in, so it must not lie before the beginning.
 */
export function momentRange(from?: string, to?: string): { readonly from: string | undefined; readonly to: string | undefined } {
  const range = { from: from === undefined ? undefined : fromMoment(from), to: to === undefined ? undefined : toMoment(to) };
  if (from === undefined || to === undefined) return range;
  const length = Date.parse(toMoment(to)) - Date.parse(fromMoment(from));
  if (length < 0 || (length === 0 && isDay(to))) throw new WrongUsage(`The range ends before it begins: --from ${from} --to ${to}.`);
  return range;
}

/** A moment as a table shows it: without the fraction, and a day's first moment as the day. */
export const shownMoment = (text: string): string =>
  text
    .replace(/T00:00:00(\.000)?Z$/, '')
    .replace('T', ' ')
    .replace(/(\.\d+)?Z$/, '');

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text);

function startOf(day: string): Date {
  const start = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(start.getTime()) || !start.toISOString().startsWith(day)) throw new WrongUsage(`There is no day ${day}.`);
  return start;
}

function moment(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.exec(text);
  if (!parts?.[1] || Number.isNaN(Date.parse(text)))
    throw new WrongUsage(`${text} is not a day such as 1993-01-31, or a moment such as 1993-01-31T09:30:00Z.`);
  startOf(parts[1]);
  return text;
}
