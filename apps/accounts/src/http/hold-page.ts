import { type HoldBody, holdBody } from '@mizan/contracts';
import type { HoldStatus, Metadata } from '@mizan/ledger';
import type pg from 'pg';
import { type HoldFilter, holdSearch } from '../tables/hold-search.js';
import { type Found, type Page, search } from '../tables/search.js';

/** One page of the holds that a filter leaves, as they are shown, in the order of their placing, and where the next begins. */
export async function holdPage(
  client: pg.PoolClient,
  ledger: { readonly number: number; readonly id: string },
  filter: HoldFilter,
  page: Page,
  mostLookedAt?: number,
): Promise<{ readonly items: readonly HoldBody[]; readonly next: Found['next'] }> {
  const { positions, next } = await search(client, holdSearch(ledger.number, filter), page, mostLookedAt);
  const { rows } = await client.query<HoldRow>(
    `SELECT hold.* FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (position, place)
     JOIN accounts.holds AS hold ON hold.ledger = $1 AND hold.position = wanted.position ORDER BY place`,
    [ledger.number, positions],
  );
  return { items: rows.map((row) => holdOf(ledger.id, row)), next };
}

interface HoldRow {
  readonly position: number;
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: string;
  readonly captured: string;
  readonly released: string;
  readonly remaining: string;
  readonly status: HoldStatus;
  readonly expires_at: number | null;
  readonly placed_at: number;
  readonly last_position: number;
  readonly reference: string | null;
  readonly metadata: Metadata;
}

function holdOf(ledger: string, row: HoldRow): HoldBody {
  const hold = {
    id: row.id,
    debit: row.debit,
    credit: row.credit,
    asset: row.asset,
    amount: BigInt(row.amount),
    captured: BigInt(row.captured),
    released: BigInt(row.released),
    remaining: BigInt(row.remaining),
    status: row.status,
    expiresAt: row.expires_at,
    placedAt: row.placed_at,
    placedPosition: row.position,
    position: row.last_position,
  };
  return holdBody(ledger, hold, { reference: row.reference, metadata: row.metadata });
}
