import { resolve } from 'node:path';
import { ExportedBook, type ExportedEntry } from '../export/book.js';
import { entryLine, postingHeader, postingLines } from '../export/entry-lines.js';
import { ExportFolder } from '../export/export-folder.js';
import type { ExportForm } from '../export/export-form.js';
import { Failure, WrongUsage } from '../failure.js';
import { toMoment } from '../moment.js';
import { wholeNumber } from '../number-flag.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';

export interface ExportOptions {
  readonly out?: string;
  readonly force?: true;
  readonly through?: string;
  readonly to?: string;
}

export async function exportLedger(session: Session, forms: readonly ExportForm[], options: ExportOptions): Promise<void> {
  session.bePatient();
  const { output, world } = session;
  const book = new ExportedBook(options.to === undefined ? Infinity : Date.parse(toMoment(options.to)));
  const lines = linesForStdout(session, forms, options.out);
  const ledger = await session.ledger();
  const position = await lastPosition(session, ledger, options.through);
  const entries = exported(session, ledger, position, book);
  if (lines) {
    if (lines === 'csv') await output.text(postingHeader);
    const lineOf = lines === 'csv' ? postingLines : entryLine;
    for await (const entry of entries) await output.text(lineOf(entry, book, ledger));
    return output.note(said(book, ledger));
  }
  const out = options.out ?? `export-${ledger}-${position}`;
  const again = new Progress(output, 'entries read again');
  const folder = await ExportFolder.create(resolve(world.cwd, out), new Set(forms), ledger, options.force === true);
  try {
    for await (const entry of entries) await folder.add(entry, book);
    const { erased, accounts } = book;
    const summary = { ledger, position, to: options.to ?? null, forms, entries: book.entries, accounts: accounts.size, erased };
    await folder.finish(book, summary, (read) => again.update(read, book.entries));
    if (output.isJson) return await output.document({ folder: out, ...summary });
  } finally {
    again.end();
    await folder.discard();
  }
  await output.text(`${out}\n`);
  output.note(said(book, ledger));
}

/** The form of the lines that go to stdout, asked for or because a pipe is there; null where a folder is written. */
function linesForStdout({ world }: Session, forms: readonly ExportForm[], out: string | undefined): 'csv' | 'jsonl' | null {
  const [form] = forms;
  const lines = forms.length === 1 && (form === 'csv' || form === 'jsonl') ? form : null;
  if (out === '-' && !lines) throw new WrongUsage('stdout takes csv or jsonl, one of them; the others are folders. Name one with --out.');
  return out === '-' || (out === undefined && !world.stdout.isTTY) ? lines : null;
}

async function lastPosition({ client }: Session, ledger: string, through: string | undefined): Promise<number> {
  const { position } = await client.ledger(ledger);
  if (through === undefined) return position;
  const last = wholeNumber('--through', through, 1);
  if (last > position) throw new WrongUsage(`${ledger} stands at position ${position}; there is no ${last} yet.`);
  return last;
}

/** The entries of the journal up to a position and not past it, each of them in the book when it comes. */
async function* exported(session: Session, ledger: string, position: number, book: ExportedBook): AsyncGenerator<ExportedEntry> {
  const { client, output, world } = session;
  const progress = new Progress(output, 'events');
  try {
    for await (const item of client.journal(ledger, { signal: world.signal })) {
      const entry = book.take(item);
      progress.update(book.position, position);
      if (entry) yield entry;
      if (book.position === position) break;
    }
  } finally {
    progress.end();
  }
  if (book.position !== position) throw new Failure(`The journal ends at position ${book.position}; ${ledger} stands at ${position}.`);
  book.end();
}

function said({ entries, accounts, position, erased }: ExportedBook, ledger: string): string {
  const count = (n: number): string => n.toLocaleString('en');
  const words = erased === 0 ? '' : ` The texts of ${count(erased)} had been erased.`;
  return `${count(entries)} entries of ${count(accounts.size)} accounts, ${ledger} through position ${count(position)}.${words}`;
}
