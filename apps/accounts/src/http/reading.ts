import { type ListBody, instantText } from '@mizan/contracts';
import {
  type Account,
  MAX_METADATA_BYTES,
  MAX_METADATA_KEY_CHARACTERS,
  MAX_METADATA_KEYS,
  MAX_REFERENCE_CHARACTERS,
  type Metadata,
  isAccountId,
  parseInstant,
  textFault,
} from '@mizan/ledger';
import { isAssetCode } from '@mizan/money';
import {
  type Cursors,
  type Parameter,
  Problem,
  type Query,
  optionalOneOf,
  optionalPosition,
  optionalText,
  pageLimit,
  parameter,
  readQuery,
} from '@mizan/platform';
import type { Known, LedgerSnapshot } from '../tables/ledger-snapshot.js';
import type { LedgerName } from './position-waits.js';
import { type Order, orders } from '../tables/search.js';

const LEDGER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const PREFIX = /^[A-Za-z0-9_.:-]{1,128}$/;

/** @throws Problem `ledger_not_found` for what can be no ledger's id. */
export function ledgerNamed(tenant: string, ledger: string): LedgerName {
  if (!LEDGER_ID.test(ledger)) throw new Problem('ledger_not_found', `There is no ledger ${ledger}.`);
  return { tenant, ledger };
}

/**
 * How far the journal had come at a moment (ms since the epoch), or as far as the books go (null).
 * @throws Problem `ledger_not_found` where the ledger was not there yet.
 */
export async function knownAt(ledger: LedgerSnapshot, recordedAt: number | null): Promise<Known> {
  const known = recordedAt === null ? ledger : await ledger.knownAt(recordedAt);
  if (known) return known;
  throw new Problem('ledger_not_found', `At ${instantText(recordedAt!)} this ledger had not been opened.`, { field: 'recordedAt' });
}

/** An account of the ledger as it was at a position. @throws Problem `account_not_found` with the nearest names. */
export async function accountNamed(ledger: LedgerSnapshot, id: string, { position }: Pick<Known, 'position'> = ledger): Promise<Account> {
  const account = isAccountId(id) ? await ledger.account(id) : null;
  if (account && account.openedPosition <= position) return account;
  if (account)
    throw new Problem(
      'account_not_found',
      `Account ${id} was opened at ${instantText(account.openedAt)}, position ${account.openedPosition}: at position ${position} it was not known.`,
      { account: id, suggestions: [] },
    );
  const suggestions = isAccountId(id) ? await ledger.nearest(id) : [];
  const near = suggestions.length > 0 ? ` Near it: ${suggestions.join(', ')}.` : '';
  throw new Problem('account_not_found', `There is no account ${id} in this ledger at position ${ledger.position}.${near}`, {
    account: id,
    suggestions,
  });
}

const invalid = (field: string, detail: string): Problem => new Problem('invalid_query', detail, { field });

/** The beginning of an account id. */
export const optionalPrefix = parameter<string | null>({ type: 'string', pattern: PREFIX.source }, (given, name) => {
  if (given !== undefined && !PREFIX.test(given))
    throw invalid(name, `${name} is the beginning of an account id: 1 to 128 of A-Z a-z 0-9 _ . - and colons.`);
  return given ?? null;
});

export const optionalAsset = parameter<string | null>({ type: 'string', pattern: '^[A-Z][A-Z0-9]{0,15}$' }, (given, name) => {
  if (given !== undefined && !isAssetCode(given)) throw invalid(name, `${name} is an asset code, such as CZK.`);
  return given ?? null;
});

/** RFC 3339 in UTC, as ms since the epoch. A bare day is refused: as the end of a range it would not mean what it seems to. */
export const optionalMoment = parameter<number | null>({ type: 'string', format: 'date-time' }, (given, name) => {
  if (given === undefined) return null;
  const moment = parseInstant(given);
  if (moment === undefined) throw invalid(name, `${name} is a moment in UTC, such as 2026-01-31T09:30:00Z.`);
  return moment;
});

/** A range of moments, from inclusive, to exclusive. @throws Problem `invalid_query` where none can lie in it. */
export function checkRange({ from, to }: { readonly from: number | null; readonly to: number | null }): void {
  if (from !== null && to !== null && from > to) throw invalid('from', 'from is later than to: no moment lies between them.');
}

const optionalReference = parameter<string | null>({ type: 'string', maxLength: MAX_REFERENCE_CHARACTERS }, (given, name) => {
  const fault = given === undefined ? null : textFault(given, MAX_REFERENCE_CHARACTERS);
  if (fault) throw invalid(name, `${name} ${fault}: nothing has such a one.`);
  return given ?? null;
});

/** The newest first unless it is said otherwise. */
const optionalOrder = parameter<Order>({ type: 'string', enum: [...orders], default: 'newest' }, (given, name) =>
  given === undefined ? 'newest' : oneOfOrders(given, name)!,
);
const oneOfOrders = optionalOneOf(orders);

const WORD = 'metadata.';

/**
 * Takes the parameters `metadata.<key>=<value>` out of a query.
 * @throws Problem `invalid_query` for a key or a value that no metadata have.
 */
export function metadataAsked(query: unknown): { readonly metadata: Metadata; readonly rest: object } {
  const asked = Object.entries(query as Readonly<Record<string, string | string[]>>);
  const words = asked.filter(([name]) => name.startsWith(WORD));
  if (words.length > MAX_METADATA_KEYS) throw invalid(WORD, `Nothing has more than ${MAX_METADATA_KEYS} keys of metadata.`);
  for (const [name, value] of words) {
    if (Array.isArray(value)) throw invalid(name, `The query parameter ${name} is given more than once.`);
    const key = name.slice(WORD.length);
    const fault = key === '' ? 'names no key' : (textFault(key, MAX_METADATA_KEY_CHARACTERS) ?? textFault(value, MAX_METADATA_BYTES));
    if (fault) throw invalid(name, `A query parameter metadata.<key> ${fault}: nothing has such metadata.`);
  }
  return {
    metadata: Object.fromEntries(words.map(([name, value]) => [name.slice(WORD.length), value as string])),
    rest: Object.fromEntries(asked.filter(([name]) => !name.startsWith(WORD))),
  };
}

/** The same, in one text for one filter, whatever the order of its keys. */
export const metadataText = (metadata: Metadata): string => JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));

/** What the OpenAPI document says of parameters that several reads take. */
export const at = [
  optionalMoment,
  'What counts at this moment, inclusive: effective at or before it. Without it, everything counts.',
] as const;
export const recordedAt = [
  optionalMoment,
  'As it was known at this moment, inclusive: recorded at or before it. Without it, as it is known now.',
] as const;
export const minPosition = [optionalPosition, 'At least this journal position; waits up to 2 s for it.'] as const;
export const paging = {
  limit: [pageLimit, 'Items on a page.'],
  cursor: [optionalText, 'From "next" of the page before, with the same query.'],
} as const;

/** What entries and holds are both searched by, besides their metadata. `place`: the position that orders them. */
export const searchedBy = (moment: 'Effective' | 'Placed', place: string) =>
  ({
    reference: [optionalReference, 'Exactly this reference.'],
    from: [optionalMoment, `${moment} at this moment or later.`],
    to: [optionalMoment, `${moment} before this moment.`],
    order: [optionalOrder, `By ${place}: the newest or the oldest first.`],
    ...paging,
    minPosition,
  }) as const;

/** Parameters as `Describe` takes them: each with what it means. */
type Described = Readonly<Record<string, readonly [Parameter<unknown>, string]>>;
type Asked<D extends Described> = Query<{ readonly [K in keyof D]: D[K][0] }>;

/** Reads the parameters that are described, and no others. */
export const readDescribed = <D extends Described>(query: unknown, described: D): Asked<D> =>
  readQuery(query, Object.fromEntries(Object.entries(described).map(([name, [read]]) => [name, read]))) as Asked<D>;

/**
 * One page of a list.
 * @param list what its cursors are good for: tenant, list and filters.
 * @param read what follows a place (null: from the beginning), and the place where the next page begins.
 */
export async function pageOf<T, Place>(
  cursors: Cursors,
  list: readonly string[],
  cursor: string | null,
  read: (after: Place | null) => Promise<{ readonly items: readonly T[]; readonly next: Place | null }>,
): Promise<ListBody<T>> {
  const after = cursor === null ? null : cursors.decode<{ after: Place }>(list, cursor).after;
  const { items, next } = await read(after);
  return { items, next: next === null ? null : cursors.encode(list, { after: next }) };
}
