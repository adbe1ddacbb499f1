import { once } from 'node:events';
import pico from 'picocolors';
import { type Colors, isColored } from './color.js';
import { WrongUsage } from './failure.js';
import { type Column, commaSeparated, tabbed, table } from './table.js';
import type { Terminal, World } from './world.js';

export interface OutputFlags {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly color?: string | boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** How data leave on stdout. */
export type Form = 'table' | 'tabs' | 'csv' | 'json' | 'jsonl';

const DEFAULT_WIDTH = 100;

/** stdout is data, in one form; stderr is everything else. */
export class Output {
  readonly form: Form;
  readonly colors: Colors;
  readonly #out: Terminal;
  readonly #err: Terminal;
  readonly #page: World['page'];
  readonly #flags: OutputFlags;

  /** @param form the one that the command asks for: `tabs` where the rows have no end, so that JSON comes a document a line. */
  constructor(world: World, flags: OutputFlags, form?: Form) {
    if (flags.json && flags.jsonl) throw new WrongUsage('Either --json or --jsonl.');
    this.#out = world.stdout;
    this.#err = world.stderr;
    this.#page = world.page;
    this.#flags = flags;
    this.form = flags.json
      ? form === 'tabs'
        ? 'jsonl'
        : 'json'
      : flags.jsonl
        ? 'jsonl'
        : (form ?? (world.stdout.isTTY ? 'table' : 'tabs'));
    this.colors = pico.createColors(isColored(world.stdout, world.env, flags.color));
  }

  get isJson(): boolean {
    return this.form === 'json' || this.form === 'jsonl';
  }

  /** Whether somebody watches: bars are drawn for eyes alone. */
  get isWatched(): boolean {
    return this.#err.isTTY === true && !this.#flags.quiet;
  }

  /** Said to the user beside the data; silent with --quiet. */
  note(text: string): void {
    if (!this.#flags.quiet) this.#err.write(`${text}\n`);
  }

  /** What must be known whatever the flags: the id of a write, a refused row. */
  say(text: string): void {
    this.#err.write(`${text}\n`);
  }

  /** Said with --verbose alone. */
  detail(text: string): void {
    if (this.#flags.verbose) this.#err.write(`${text}\n`);
  }

  /** In place over the last one: a progress bar. */
  overwrite(text: string): void {
    this.#err.write(`\r\u{1b}[K${text}`);
  }

  async text(text: string): Promise<void> {
    if (!this.#out.write(text)) await once(this.#out, 'drain');
  }

  /** One JSON document. */
  document(value: unknown): Promise<void> {
    const indent = this.form === 'json' && this.#out.isTTY ? 2 : undefined;
    return this.text(JSON.stringify(value, digits, indent) + '\n');
  }

  /** One thing: a table of one row, or its JSON. */
  one<T>(columns: readonly Column<T>[], thing: T): Promise<void> {
    return this.isJson ? this.document(thing) : this.rows(columns, [thing]);
  }

  /**
   * Rows in this output's form. A stream of any length passes through a pipe and through JSON as it comes;
   * a table holds its rows until the last one is here, since they decide its widths.
   * @param json what JSON says of a row; the row itself unless given.
   */
  async rows<T>(
    columns: readonly Column<T>[],
    rows: AsyncIterable<T> | Iterable<T>,
    json: (row: T) => unknown = (row) => row,
  ): Promise<void> {
    if (this.form === 'table') {
      const all: T[] = [];
      for await (const row of rows) all.push(row);
      // A terminal that does not know its width may say 0.
      const text = table(columns, all, this.#out.columns || DEFAULT_WIDTH, this.colors);
      if (this.#page?.(text)) return;
      return this.text(text);
    }
    if (this.form === 'json') return this.#array(rows, json);
    const line = this.form === 'csv' ? commaSeparated : tabbed;
    if (this.form !== 'jsonl') await this.text(line(columns.map(({ title }) => title)));
    for await (const row of rows) {
      if (this.form === 'jsonl') await this.text(JSON.stringify(json(row), digits) + '\n');
      else await this.text(line(columns.map(({ cell }) => cell(row))));
    }
  }

  async #array<T>(rows: AsyncIterable<T> | Iterable<T>, json: (row: T) => unknown): Promise<void> {
    let before = '[';
    for await (const row of rows) {
      await this.text(`${before}\n${JSON.stringify(json(row), digits)}`);
      before = ',';
    }
    await this.text(before === '[' ? '[]\n' : '\n]\n');
  }
}

const digits = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
