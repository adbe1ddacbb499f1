import { createWriteStream, existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../failure.js';
import { beancountFile } from './beancount.js';
import type { ExportedBook, ExportedEntry } from './book.js';
import { DayFiles } from './day-files.js';
import { accountLines, entryLine, postingHeader, postingLines } from './entry-lines.js';
import { entryText } from './entry-text.js';
import type { ExportForm } from './export-form.js';
import { GrowingFile } from './growing-file.js';
import { hledgerFile } from './hledger.js';
import { Misprint, proofRead } from './proof-reader.js';

/** Tells a folder that an export wrote from any other. */
const SEAL = 'export.json';

/**
 * A folder that an export is written into. It has its name when it is whole and its entries have been read again;
 * until then it stands beside it under another.
 */
export class ExportFolder {
  readonly #unfinished: string;
  #days: DayFiles | null = null;
  #csv: GrowingFile | null = null;
  #jsonl: GrowingFile | null = null;

  private constructor(
    readonly path: string,
    private readonly forms: ReadonlySet<ExportForm>,
    private readonly ledger: string,
  ) {
    this.#unfinished = `${path}.unfinished-${process.pid}`;
  }

  /** @throws Failure where there is something of that name, which is replaced by force alone, and only if it is an export. */
  static async create(path: string, forms: ReadonlySet<ExportForm>, ledger: string, force: boolean): Promise<ExportFolder> {
    if (existsSync(path)) {
      if (!force) throw new Failure(`${path} exists. Name another folder with --out, or replace it with --force.`);
      if (!isExport(path)) throw new Failure(`${path} is not an export, and is not replaced. Name another folder with --out.`);
    }
    const folder = new ExportFolder(path, forms, ledger);
    try {
      await folder.#open();
    } catch (error) {
      await folder.discard();
      throw error;
    }
    return folder;
  }

  async add(entry: ExportedEntry, book: ExportedBook): Promise<void> {
    await this.#days?.add(entry.day, entryText(entry, book));
    await this.#csv?.write(postingLines(entry, book, this.ledger));
    await this.#jsonl?.write(entryLine(entry, book, this.ledger));
  }

  /** Writes what surrounds the entries, reads them again, and gives the folder its name. @param onRead is told how many have been read. */
  async finish(book: ExportedBook, summary: object, onRead: (entries: number) => void): Promise<void> {
    await this.#csv?.close();
    await this.#jsonl?.close();
    await this.#write('accounts.csv', accountLines(book));
    if (this.#days) {
      const entries = this.#in('entries');
      const months = await this.#days.joinMonths(entries);
      if (this.forms.has('hledger')) await this.#write('main.journal', hledgerFile(book, this.ledger, months));
      if (this.forms.has('beancount')) await this.#write('main.beancount', beancountFile(book, this.ledger, months));
      await proofReadBook(entries, book, onRead);
    }
    await writeFile(this.#in(SEAL), JSON.stringify(summary) + '\n', { mode: 0o600 });
    await rm(this.path, { recursive: true, force: true });
    await rename(this.#unfinished, this.path);
  }

  /** Leaves nothing behind of an export that did not come to its end; does nothing after one that did. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#csv?.close(), this.#jsonl?.close()]);
    await rm(this.#unfinished, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    await mkdir(this.#unfinished, { recursive: true, mode: 0o700 });
    if (this.forms.has('hledger') || this.forms.has('beancount')) this.#days = await DayFiles.create(this.#in('days'));
    if (this.forms.has('jsonl')) this.#jsonl = await GrowingFile.create(this.#in('entries.jsonl'));
    if (!this.forms.has('csv')) return;
    this.#csv = await GrowingFile.create(this.#in('entries.csv'));
    await this.#csv.write(postingHeader);
  }

  async #write(name: string, lines: Iterable<string>): Promise<void> {
    await pipeline(lines, createWriteStream(this.#in(name), { flags: 'wx', mode: 0o600 }));
  }

  #in(name: string): string {
    return join(this.#unfinished, name);
  }
}

/** @throws Failure where what was written is not what was to be written. */
async function proofReadBook(folder: string, book: ExportedBook, onRead: (entries: number) => void): Promise<void> {
  const accounts = book.sortedAccounts.map(
    ({ name, asset, exponent, debits, credits }) => [name, { asset, exponent, balance: debits - credits }] as const,
  );
  await proofRead(folder, { entries: book.entries, accounts: new Map(accounts) }, onRead).catch((error: unknown) => {
    if (!(error instanceof Misprint)) throw error;
    throw new Failure(`The export was discarded, since it is wrong: ${error.message}. Please report this.`, { cause: error });
  });
}

const isExport = (path: string): boolean => existsSync(join(path, SEAL)) || isEmpty(path);

const isEmpty = (path: string): boolean => statSync(path).isDirectory() && readdirSync(path).length === 0;
