import { transaction } from '@mizan/database';
import { isoExponents } from '@mizan/money';
import { type Metrics, sampled } from '@mizan/platform';
import type pg from 'pg';
import { liveBooks } from './tables/snapshot.js';

/** How often, at most, all accounts are added up, and how often the positions of all ledgers, ms. */
const BALANCE_EVERY_MS = 60_000;
const POSITION_EVERY_MS = 5_000;
/** Adding up that takes longer is given up: then the imbalance is missing, not old. */
const LONGEST_MS = 4_000;

/** Codes that tenants made up themselves stay with them. */
const OWN_ASSETS = 'other';

/** What the books say of themselves: whether they balance and how far they follow. */
export function measureBooks(metrics: Metrics, pool: pg.Pool): void {
  const books = sampled(BALANCE_EVERY_MS, () => addedUp(pool));
  metrics.gauges(
    'mizan_book_imbalance',
    'What posted debits and credits differ by, summed over all ledgers, in minor units; tenants’ own assets together as "other". It must be 0.',
    'asset',
    async () => (await books()).imbalances,
  );
  metrics.gauge(
    'mizan_holds_open',
    'Holds that are placed and neither captured in full nor released nor expired.',
    async () => (await books()).holds,
  );
  metrics.gauge(
    'mizan_projection_position',
    'Events of all journals that the books include.',
    sampled(POSITION_EVERY_MS, () => position(pool)),
  );
}

interface AddedUp {
  readonly imbalances: ReadonlyMap<string, number>;
  readonly holds: number;
}

/** One statement sees no posting by halves. Ledgers are compared one by one: two wrongs do not make a right. */
async function addedUp(pool: pg.Pool): Promise<AddedUp> {
  return transaction(pool, async (client) => {
    await client.query(`SET LOCAL statement_timeout = ${LONGEST_MS}; LOCK TABLE ${liveBooks} IN ACCESS SHARE MODE`);
    const { rows } = await client.query<{ asset: string; off: string }>(
      `SELECT asset, sum(off) AS off FROM (
         SELECT asset, abs(sum(debits_posted) - sum(credits_posted)) AS off FROM accounts.accounts GROUP BY ledger, asset
       ) AS books GROUP BY asset`,
    );
    const imbalances = new Map<string, number>();
    for (const { asset, off } of rows) {
      const label = isoExponents.has(asset) ? asset : OWN_ASSETS;
      // A metric is a float by its nature; that it is not 0 is what matters.
      imbalances.set(label, (imbalances.get(label) ?? 0) + Number(off));
    }
    const { rows: placed } = await client.query<{ holds: number }>(
      `SELECT coalesce(sum(open.holds), 0)::bigint AS holds FROM accounts.ledgers AS ledger
       CROSS JOIN LATERAL (SELECT count(*) AS holds FROM accounts.holds AS hold WHERE hold.ledger = ledger.number AND status = 'placed') AS open`,
    );
    return { imbalances, holds: placed[0]!.holds };
  });
}

async function position(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ position: number }>('SELECT coalesce(sum(position), 0)::bigint AS position FROM accounts.ledgers');
  return rows[0]!.position;
}
