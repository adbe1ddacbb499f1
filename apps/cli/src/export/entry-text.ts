import { formatDecimal } from '@mizan/money';
import type { ExportedBook, ExportedEntry } from './book.js';
import { narration } from './narration.js';

const ACCOUNT_WIDTH = 40;
const AMOUNT_WIDTH = 14;

/**
 * A journal entry as hledger, ledger and beancount all read it: debits positive, every amount written out with all decimal
 * places of its asset, at least two spaces before it.
 */
export function entryText({ event, eventId, day }: ExportedEntry, book: ExportedBook): string {
  const head = `${day} * ${narration(event.texts?.reference ?? '')} ^${eventId}`;
  const [mark, notes] = provenance(event);
  const erased = event.texts === null ? ', texts:erased' : '';
  const postings = event.postings.map(({ account: id, side, amount }) => {
    const { name, exponent, commodity } = book.account(id);
    const decimal = formatDecimal(side === 'debit' ? amount : -amount, exponent);
    return `  ${name.padEnd(ACCOUNT_WIDTH)}  ${decimal.padStart(AMOUNT_WIDTH)} ${commodity}\n`;
  });
  return `${head}${mark} ; position:${event.position}, entry:${event.command.id}${notes}${erased}\n${postings.join('')}\n`;
}

/** Where it comes from: a tag for beancount, and notes for hledger and for eyes. */
function provenance(event: ExportedEntry['event']): readonly [mark: string, notes: string] {
  if (event.type === 'HoldCaptured') return [' #capture', `, captures:${event.hold.id}`];
  if (event.command.op === 'reverse') return [' #reversal', `, reverses:${event.command.entry}`];
  return ['', ''];
}
