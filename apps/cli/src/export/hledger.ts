import { formatDecimal } from '@mizan/money';
import type { ExportedBook } from './book.js';

/** The file that hledger and ledger open: what accounts and commodities there are, the entries, and how every account must close. */
export function* hledgerFile(book: ExportedBook, ledger: string, months: readonly string[]): Generator<string> {
  yield `; ${ledger} at position ${book.position}\n; hledger -f main.journal check --strict\n; hledger -f main.journal check -s ordereddates accounts commodities\n`;
  yield 'decimal-mark .\n\n';
  for (const commodity of new Set(book.sortedAccounts.map((account) => account.commodity))) yield `commodity ${commodity}\n`;
  yield '\n';
  for (const { name } of book.sortedAccounts) yield `account ${name}\n`;
  yield '\n';
  for (const month of months) yield `include entries/${month}\n`;
  if (book.accounts.size === 0) return;
  yield `\n${book.closingDay} * "closing balances" ; position:${book.position}\n`;
  for (const { name, commodity, exponent, debits, credits } of book.sortedAccounts)
    yield `  ${name}  ${formatDecimal(0n, exponent)} ${commodity} = ${formatDecimal(debits - credits, exponent)} ${commodity}\n`;
}
