import { type EntryBody, instantText } from '@mizan/contracts';
import { type HoldStatus, MAX_REVERSALS_NAMED, type Metadata } from '@mizan/ledger';
import type pg from 'pg';
import { type EntryFilter, entrySearch } from '../tables/entry-search.js';
import { type Leg, shownLeg } from '../tables/legs.js';
import { type Found, type Page, search } from '../tables/search.js';

/** A page with so many postings and reversals is long enough, however few entries it has. */
const ENOUGH_NAMES = 8_192;
const ENTRIES_AT_ONCE = 100;

/** One page of the entries that a filter leaves, as they are shown, and where the next begins. */
export async function entryPage(
  client: pg.PoolClient,
  ledger: { readonly number: number; readonly id: string },
  filter: EntryFilter,
  page: Page,
  mostLookedAt?: number,
): Promise<{ readonly items: readonly EntryBody[]; readonly next: Found['next'] }> {
  const { positions, next } = await search(client, entrySearch(ledger.number, filter), page, mostLookedAt);
  const items: EntryBody[] = [];
  let names = 0;
  for (let start = 0; start < positions.length; start += ENTRIES_AT_ONCE) {
    if (names >= ENOUGH_NAMES) return { items, next: items.at(-1)!.position };
    for (const entry of await entriesAt(client, ledger, positions.slice(start, start + ENTRIES_AT_ONCE))) {
      items.push(entry);
      names += entry.postings.length + entry.reversedBy.length;
    }
  }
  return { items, next };
}

/** The entries at these positions, in their order. */
async function entriesAt(
  client: pg.PoolClient,
  ledger: { readonly number: number; readonly id: string },
  positions: readonly number[],
): Promise<readonly EntryBody[]> {
  const { rows } = await client.query<EntryRow>(
    `SELECT entry.*, ARRAY(
       SELECT reversal.id FROM accounts.entries AS reversal WHERE reversal.ledger = $1 AND reversal.reverses = entry.id
       ORDER BY reversal.position LIMIT ${MAX_REVERSALS_NAMED}
     ) AS reversed_by
     FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (position, place)
     JOIN accounts.entries AS entry ON entry.ledger = $1 AND entry.position = wanted.position ORDER BY place`,
    [ledger.number, positions],
  );
  return rows.map((row) => entryOf(ledger.id, row));
}

interface EntryRow {
  readonly position: number;
  readonly id: string;
  readonly effective_at: number;
  readonly recorded_at: number;
  readonly reference: string | null;
  readonly metadata: Metadata;
  readonly legs: readonly Leg[];
  readonly reverses: string | null;
  readonly hold: string | null;
  readonly hold_remaining: string | null;
  readonly hold_status: HoldStatus | null;
  readonly reversed_by: readonly string[];
}

const entryOf = (ledger: string, row: EntryRow): EntryBody => ({
  id: row.id,
  ledger,
  position: row.position,
  recordedAt: instantText(row.recorded_at),
  effectiveAt: instantText(row.effective_at),
  postings: row.legs.map(shownLeg),
  reference: row.reference,
  metadata: row.metadata,
  reverses: row.reverses,
  hold: row.hold === null ? null : { id: row.hold, remaining: row.hold_remaining!, status: row.hold_status! },
  reversedBy: row.reversed_by,
});
