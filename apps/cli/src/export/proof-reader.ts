import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { accountOf } from './account-name.js';
import { assetOf } from './commodity.js';
import { narration, textOf } from './narration.js';

/** What the files of an export must come to: the balance of each account by its name, debits less credits, minor units. */
export interface Expected {
  readonly entries: number;
  readonly accounts: ReadonlyMap<string, { readonly asset: string; readonly exponent: number; readonly balance: bigint }>;
}

/** The export is not what was to be written: where, and what is wrong. */
export class Misprint extends Error {
  override readonly name = 'Misprint';
}

const HEAD =
  /^(\d{4}-\d\d-\d\d) \* ("(?:[^"\\;]|\\["\\])*") \^[0-9a-f-]{36}(?: #(?:reversal|capture))? ; position:([1-9]\d*), entry:[\w.:-]+(?:, (?:reverses|captures|texts):[\w.:-]+)*$/;
const POSTING = /^ {2}(\S+) {2,}(-?\d+(?:\.(\d+))?) ([A-Z_]+)$/;

/**
 * Reads the entries of an export again, more strictly than the tools they are for: those take an amount into an account's name,
 * fill in one that is missing and round one that is too fine. Keeps the accounts' sums; the text passes by line by line.
 * @param onEntry is told how many entries have been read.
 * @throws Misprint at the first line that is not as it must be.
 */
export async function proofRead(folder: string, expected: Expected, onEntry: (read: number) => void = () => undefined): Promise<void> {
  const reader = new ProofReader(expected, onEntry);
  for (const name of (await readdir(folder)).sort()) {
    const lines = createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Infinity });
    let number = 0;
    try {
      for await (const line of lines) {
        number += 1;
        reader.read(line, name.slice(0, 7));
      }
      reader.endOfFile();
    } catch (error) {
      if (error instanceof Misprint) error.message = `${join(folder, name)}, line ${number}: ${error.message}`;
      throw error;
    }
  }
  reader.end();
}

class ProofReader {
  #entries = 0;
  #last = { day: '', position: 0 };
  /** The sums of the entry that is being read, by asset; null between entries. */
  #open: Map<string, bigint> | null = null;
  #postings = 0;
  readonly #balances = new Map<string, bigint>();

  constructor(
    private readonly expected: Expected,
    private readonly onEntry: (read: number) => void,
  ) {}

  read(line: string, month: string): void {
    if (line === '') this.#endEntry();
    else if (this.#open) this.#posting(line, this.#open);
    else this.#head(line, month);
  }

  endOfFile(): void {
    if (this.#open) throw new Misprint('the file ends within an entry');
  }

  end(): void {
    if (this.#entries !== this.expected.entries) throw new Misprint(`${this.#entries} entries were written, not ${this.expected.entries}`);
    for (const [name, { balance }] of this.expected.accounts) {
      const read = this.#balances.get(name) ?? 0n;
      if (read !== balance) throw new Misprint(`${name} closes at ${read} minor units, not at ${balance}`);
    }
  }

  #head(line: string, month: string): void {
    const [, day = '', text = '', position] = HEAD.exec(line) ?? [];
    if (position === undefined) throw new Misprint('this is not the first line of an entry');
    if (narration(textOf(text)) !== text) throw new Misprint('the narration could be read in two ways');
    if (!day.startsWith(month)) throw new Misprint(`${day} stands in the file of ${month}`);
    if (day < this.#last.day || (day === this.#last.day && Number(position) <= this.#last.position))
      throw new Misprint(`${day}, position ${position} follows ${this.#last.day}, position ${this.#last.position}`);
    this.#last = { day, position: Number(position) };
    this.#entries += 1;
    this.#open = new Map();
    this.#postings = 0;
  }

  #posting(line: string, sums: Map<string, bigint>): void {
    const [, name = '', decimal = '', fraction = '', commodity = ''] = POSTING.exec(line) ?? [];
    if (name === '') throw new Misprint('this is not a posting: an account, two spaces, an amount, a commodity');
    const account = this.expected.accounts.get(name);
    if (!account || !accountOf(name)) throw new Misprint(`there is no account ${name}`);
    const { asset, exponent } = account;
    if (assetOf(commodity) !== asset) throw new Misprint(`${name} holds ${asset}, not ${assetOf(commodity)}`);
    if (fraction.length !== exponent) throw new Misprint(`${asset} has ${exponent} decimal places, not ${fraction.length}`);
    const amount = BigInt(decimal.replace('.', ''));
    if (amount === 0n) throw new Misprint('a posting moves nothing');
    sums.set(asset, (sums.get(asset) ?? 0n) + amount);
    this.#balances.set(name, (this.#balances.get(name) ?? 0n) + amount);
    this.#postings += 1;
  }

  #endEntry(): void {
    if (!this.#open) throw new Misprint('an empty line that ends no entry');
    if (this.#postings < 2) throw new Misprint('an entry has at least two postings');
    for (const [asset, sum] of this.#open)
      if (sum !== 0n) throw new Misprint(`the entry's ${asset} add up to ${sum} minor units, not to 0`);
    this.#open = null;
    this.onEntry(this.#entries);
  }
}
