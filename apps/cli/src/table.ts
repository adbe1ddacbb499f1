import Table from 'cli-table3';
import { formatDecimal } from '@mizan/money';
import type { Money } from './amount.js';
import type { Colors } from './color.js';
import { shownMoment } from './moment.js';

/** A moment as it stands on the wire: RFC 3339 with Z. */
export interface Moment {
  readonly at: string;
}

export type Cell = string | number | Money | Moment | null | undefined;

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Cell;
  /** `right` for amounts and numbers. */
  readonly align?: 'right';
  /** The column that gives way where the terminal is too narrow. */
  readonly gives?: true;
}

const isMoney = (cell: Cell): cell is Money => typeof cell === 'object' && cell !== null && 'minor' in cell;
const isMoment = (cell: Cell): cell is Moment => typeof cell === 'object' && cell !== null && 'at' in cell;

/** Text from a server may say anything but must not steer the terminal. */
const tame = (text: string): string => text.replace(/\p{Cc}/gu, '\u{fffd}');

/** For eyes: amounts grouped by thousands, moments without what is zero. */
function shown(cell: Cell): string {
  if (isMoney(cell)) return formatDecimal(cell.minor, cell.exponent, { grouped: true });
  if (isMoment(cell)) return shownMoment(cell.at);
  return tame(String(cell ?? ''));
}

/** For programs: amounts as plain decimals, moments whole, nothing cut. */
function plain(cell: Cell): string {
  if (isMoney(cell)) return formatDecimal(cell.minor, cell.exponent);
  return tame(String((isMoment(cell) ? cell.at : cell) ?? ''));
}

/** One line of a pipe: cells between tabs. */
export const tabbed = (cells: readonly Cell[]): string => cells.map(plain).join('\t') + '\n';

/** One line of a CSV file, RFC 4180. */
export const commaSeparated = (cells: readonly Cell[]): string =>
  cells
    .map(plain)
    .map((text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(',') + '\r\n';

const GAP = 2;
const NARROWEST = 8;
const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
};
const chars = { ...none, left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' };

/** A table for a terminal of this width: columns that give way are cut where it is too narrow for all. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], width: number, colors: Colors): string {
  const body = rows.map((row) => columns.map(({ cell }) => shown(cell(row))));
  const natural = columns.map(({ title }, i) => Math.max(title.length, ...body.map((cells) => cells[i]!.length)) + GAP);
  const table = new Table({
    chars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: fit(columns, natural, width),
    head: columns.map(({ title }) => colors.dim(title)),
  });
  table.push(...body);
  return table.toString().replace(/ +$/gm, '') + '\n';
}

function fit<T>(columns: readonly Column<T>[], natural: readonly number[], width: number): number[] {
  const over = natural.reduce((sum, one) => sum + one, 0) - width;
  const giving = columns.filter(({ gives }) => gives).length;
  if (over <= 0 || giving === 0) return [...natural];
  return natural.map((one, i) => (columns[i]?.gives ? Math.max(NARROWEST, one - Math.ceil(over / giving)) : one));
}
