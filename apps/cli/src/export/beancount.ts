import { formatDecimal } from '@mizan/money';
import { dayOf } from '@mizan/ledger';
import { Failure } from '../failure.js';
import type { ExportedAccount, ExportedBook } from './book.js';

const DAY_MS = 24 * 3600 * 1000;
/** Decimal digits that beancount's arithmetic keeps. What is longer it rounds, without a word. */
const DIGITS = 28;

/**
 * The file that beancount opens. Its balances hold at the start of their day, so they stand on the day after the last entry;
 * those of an account include the accounts below it.
 * @throws Failure where sums may be too long for beancount to be right about them.
 */
export function* beancountFile(book: ExportedBook, ledger: string, months: readonly string[]): Generator<string> {
  refuseLongSums(book);
  yield `; ${ledger} at position ${book.position}\n; bean-check main.beancount\n`;
  // Without these two, half a minor unit more or less is taken for equal.
  yield 'option "inferred_tolerance_default" "*:0"\noption "tolerance_multiplier" "0"\n';
  yield `option "title" "${ledger}"\n\n`;
  const accounts = book.sortedAccounts;
  const day = book.closingDay;
  for (const account of accounts)
    yield `${openDay(account, day)} open ${account.name} ${account.commodity}\n  account: "${account.id}"\n  asset: "${account.asset}"\n`;
  yield '\n';
  for (const month of months) yield `include "entries/${month}"\n`;
  yield '\n';
  const next = dayOf(Date.parse(day) + DAY_MS);
  const sums = sumsWithBelow(accounts);
  for (const { name, commodity, exponent } of accounts)
    yield `${next} balance ${name}  ${formatDecimal(sums.get(name)!, exponent)} ~ 0 ${commodity}\n`;
}

/** No account may be moved before it is open, and entries may count before anybody had opened it here. */
function openDay({ openedAt, firstDay }: ExportedAccount, closingDay: string): string {
  const days = [dayOf(openedAt), closingDay, ...(firstDay === null ? [] : [firstDay])];
  return days.sort()[0]!;
}

function sumsWithBelow(accounts: readonly ExportedAccount[]): ReadonlyMap<string, bigint> {
  const byName = new Map(accounts.map((account) => [account.name, account]));
  const sums = new Map(accounts.map(({ name, debits, credits }) => [name, debits - credits]));
  for (const { name, asset, debits, credits } of accounts)
    for (let end = name.lastIndexOf(':'); end > 0; end = name.lastIndexOf(':', end - 1)) {
      const above = byName.get(name.slice(0, end));
      if (above?.asset === asset) sums.set(above.name, sums.get(above.name)! + debits - credits);
    }
  return sums;
}

function refuseLongSums({ turnover }: ExportedBook): void {
  const long = [...turnover].filter(([, sum]) => sum.toString().length > DIGITS).map(([asset]) => asset);
  if (long.length === 0) return;
  throw new Failure(
    `beancount counts with ${DIGITS} digits and would round ${long.join(', ')}, of which more was moved than these can say. ` +
      'Export hledger, which is exact.',
  );
}
