import type { EntryEvent } from '@mizan/ledger';
import type { WrittenBook } from '../journal.projection.js';

/**
 * How an account's postings are summed up for questions about the past. The fewer lines a folio has, the fewer are looked at one by one;
 * the fewer folios a volume has, the fewer folios, but the more volumes.
 */
export interface FolioSizes {
  readonly lines: number;
  readonly foliosOfAVolume: number;
}

export const FOLIO_SIZES: FolioSizes = { lines: 1_024, foliosOfAVolume: 32 };

/** Moments of which one row keeps the totals: so many that a row stays well below a kilobyte. */
const MOMENTS_OF_A_ROW = 32;

/** A folio that a run of entries has filled. */
export interface FilledFolio {
  /** The position of the entry that filled it: its last. */
  readonly through: number;
  /** It was the last one of a volume too. */
  readonly fillsVolume: boolean;
}

/**
 * The folios of an account that these entries fill, in order. An entry is never cut; where it lies depends on what was posted before it
 * alone, not on how the journal was delivered.
 * @param before how many lines the account had before the first of them.
 */
export function filledFolios(entries: readonly EntryEvent[], account: string, before: number, sizes: FolioSizes): readonly FilledFolio[] {
  const ofAVolume = sizes.lines * sizes.foliosOfAVolume;
  const filled: FilledFolio[] = [];
  let lines = before;
  for (const { position, postings } of entries) {
    const added = postings.filter((posting) => posting.account === account).length;
    const crosses = (size: number): boolean => Math.floor((lines + added) / size) > Math.floor(lines / size);
    if (crosses(sizes.lines)) filled.push({ through: position, fillsVolume: crosses(ofAVolume) });
    lines += added;
  }
  return filled;
}

/** Writes a folio whose postings are there, and with the last one of a volume the volume. @param account its number */
export async function closeFolio({ client, schema, ledger }: WrittenBook, account: number, folio: FilledFolio): Promise<void> {
  for (const level of folio.fillsVolume ? [0, 1] : [0]) await client.query(closing(schema), [ledger, account, level, folio.through]);
}

const legsOf = (schema: string, side: 'debit' | 'credit', debit: string, credit: string): string => `
  SELECT effective_at, ${debit} AS debits, ${credit} AS credits FROM ${schema}.postings
  WHERE ledger = $1 AND account = $2 AND side = '${side}' AND position <= $4 AND position > coalesce(
    (SELECT max(through) FROM ${schema}.folios WHERE ledger = $1 AND account = $2 AND level = $3), 0)`;

const closing = (schema: string): string => `
  WITH moment AS MATERIALIZED (
    SELECT effective_at, sum(debits) AS debits, sum(credits) AS credits
    FROM (${legsOf(schema, 'debit', 'amount', '0')} UNION ALL ${legsOf(schema, 'credit', '0', 'amount')}) AS leg GROUP BY effective_at
  ), running AS (
    SELECT effective_at, sum(debits) OVER by_effect AS debits, sum(credits) OVER by_effect AS credits,
      (row_number() OVER by_effect - 1) / ${MOMENTS_OF_A_ROW} AS part
    FROM moment WINDOW by_effect AS (ORDER BY effective_at)
  ), totals AS (
    INSERT INTO ${schema}.folio_totals (ledger, account, level, through, earliest, moments, debits, credits)
    SELECT $1, $2, $3, $4, min(effective_at), array_agg(effective_at ORDER BY effective_at),
      array_agg(debits ORDER BY effective_at), array_agg(credits ORDER BY effective_at)
    FROM running GROUP BY part
  )
  INSERT INTO ${schema}.folios (ledger, account, level, through, latest) SELECT $1, $2, $3, $4, max(effective_at) FROM moment`;
