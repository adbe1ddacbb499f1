import { type Account, isAccountId, parseInstant } from '@mizan/ledger';
import { isAssetCode } from '@mizan/money';
import { Problem, optionalPosition, optionalText, pageLimit, parameter } from '@mizan/platform';
import type { LedgerSnapshot } from './ledger-snapshot.js';
import type { LedgerName } from './position-waits.js';

const LEDGER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const PREFIX = /^[A-Za-z0-9_.:-]{1,128}$/;

/** @throws Problem `ledger_not_found` for what can be no ledger's id. */
export function ledgerNamed(tenant: string, ledger: string): LedgerName {
  if (!LEDGER_ID.test(ledger)) throw new Problem('ledger_not_found', `There is no ledger ${ledger}.`);
  return { tenant, ledger };
}

/** @throws Problem `account_not_found` with the nearest names. */
export async function accountNamed(ledger: LedgerSnapshot, id: string): Promise<Account> {
  const account = isAccountId(id) ? await ledger.account(id) : null;
  if (account) return account;
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

/** What the OpenAPI document says of parameters that several reads take. */
export const minPosition = [optionalPosition, 'At least this journal position; waits up to 2 s for it.'] as const;
export const paging = {
  limit: [pageLimit, 'Items on a page.'],
  cursor: [optionalText, 'From "next" of the page before, with the same query.'],
} as const;
