import { entryBody } from '@mizan/contracts';
import { money } from '../amount.js';
import { type Cell, commaSeparated } from '../table.js';
import type { ExportedBook, ExportedEntry } from './book.js';

const postingColumns = [
  ...['position', 'entry', 'kind', 'of', 'recorded', 'effective', 'account', 'type', 'debit', 'credit', 'asset'],
  ...['reference', 'metadata', 'texts'],
];
export const postingHeader = commaSeparated(postingColumns);

/** An entry for spreadsheets: a line for each posting, its amount a decimal in the column of its side. */
export function postingLines({ event }: ExportedEntry, book: ExportedBook, ledger: string): string {
  const { id, position, recordedAt, effectiveAt, reverses, hold, reference, metadata } = entryBody(ledger, event);
  const of = reverses ?? hold?.id ?? null;
  const kind = reverses !== null ? 'reversal' : hold ? 'capture' : 'transfer';
  const words = [harmless(reference), Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata)];
  const lines = event.postings.map(({ account, side, amount }) => {
    const { type, asset, exponent } = book.account(account);
    const moved = money(amount, exponent);
    const [debit, credit] = side === 'debit' ? [moved, null] : [null, moved];
    const cells: Cell[] = [position, id, kind, of, { at: recordedAt }, { at: effectiveAt }, account, type, debit, credit, asset];
    return commaSeparated([...cells, ...words, event.texts === null ? 'erased' : null]);
  });
  return lines.join('');
}

/** Spreadsheets run a text that begins like a formula, whoever wrote it. A `'` in front keeps it a text, and one more where it has some. */
const harmless = (text: string | null): string | null => text?.replace(/^'*[=+\-@]/, "'$&") ?? null;

/** An entry for programs: one JSON document, as the API gives it, amounts in minor units beside the exponent. */
export function entryLine({ event, eventId }: ExportedEntry, book: ExportedBook, ledger: string): string {
  const { reversedBy: _, postings, ...entry } = entryBody(ledger, event);
  const exponents = postings.map((posting) => ({ ...posting, exponent: book.account(posting.account).exponent }));
  return JSON.stringify({ ...entry, eventId, texts: event.texts === null ? 'erased' : 'kept', postings: exponents }) + '\n';
}

/** Every account with its other name and its sums: the way back from a name, and the trial balance of what was exported. */
export function* accountLines(book: ExportedBook): Generator<string> {
  yield commaSeparated(['account', 'type', 'asset', 'exponent', 'name', 'commodity', 'opened', 'debits', 'credits']);
  for (const { id, type, asset, exponent, name, commodity, openedAt, debits, credits } of book.sortedAccounts) {
    const opened = { at: new Date(openedAt).toISOString() };
    yield commaSeparated([id, type, asset, exponent, name, commodity, opened, money(debits, exponent), money(credits, exponent)]);
  }
}
