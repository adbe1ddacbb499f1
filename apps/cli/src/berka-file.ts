import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { type BerkaRow, type Movement, type RowFault, berkaColumns, movementOf } from './berka.js';
import { Failure } from './failure.js';

/** The project's own copy of the bank's history. */
export const ownCopy = fileURLToPath(new URL('../../../data/berka/transactions.csv.gz', import.meta.url));

/** One row of the file: where it stands, and what it asks for or what is wrong with it. */
export interface ReadRow {
  readonly line: number;
  readonly outcome: Movement | RowFault;
}

/** The longest line, bytes. The bank's own are around 70. */
const LONGEST_LINE = 16 * 1024;

/**
 * The rows of a file, plain or compressed, as they are read; memory does not grow with the file.
 * The bank quotes nothing, so a quote is no more than a wrong character in its field: no row can swallow the next.
 * @throws Failure where the file cannot be read, is damaged, or its first line does not name the columns.
 */
export async function* berkaRows(path: string): AsyncGenerator<ReadRow> {
  const unzip = (await isCompressed(path)) ? [createGunzip()] : [];
  const parser = parse({ bom: true, info: true, quote: null, relax_column_count: true, max_record_size: LONGEST_LINE });
  // An error of any of them ends the others and comes out of the parser, where it is read below.
  pipeline([createReadStream(path), ...unzip, parser], () => undefined);
  try {
    let columns: readonly string[] | null = null;
    let places: Columns | null = null;
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (columns === null || places === null) {
        columns = record;
        places = placesOf(record, path);
      } else yield { line: info.lines, outcome: outcomeOf(record, columns, places) };
    }
    if (columns === null) throw new Failure(`${path} is empty.`);
  } catch (error) {
    throw error instanceof Failure
      ? error
      : new Failure(`${path} cannot be read to its end: ${(error as Error).message}`, { cause: error });
  }
}

type Columns = Readonly<Record<keyof BerkaRow, number>>;

function placesOf(header: readonly string[], path: string): Columns {
  const missing = berkaColumns.filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw new Failure(`${path}, line 1: no column ${missing.join(', ')}. The first line must name the columns, without quotes.`);
  return Object.fromEntries(berkaColumns.map((name) => [name, header.indexOf(name)])) as Columns;
}

function outcomeOf(record: readonly string[], columns: readonly string[], places: Columns): Movement | RowFault {
  if (record.length !== columns.length)
    return { field: 'row', problem: `It has ${record.length} fields; ${columns.length} were expected.` };
  return movementOf({
    trans_id: record[places.trans_id] ?? '',
    account_id: record[places.account_id] ?? '',
    date: record[places.date] ?? '',
    type: record[places.type] ?? '',
    operation: record[places.operation] ?? '',
    amount: record[places.amount] ?? '',
    k_symbol: record[places.k_symbol] ?? '',
    bank: record[places.bank] ?? '',
  });
}

/** By its first bytes: a name may say anything. */
async function isCompressed(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw new Failure(`${path} cannot be opened: ${(error as Error).message}`, { cause: error });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
