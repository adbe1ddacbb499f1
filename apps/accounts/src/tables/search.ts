import type pg from 'pg';

export const orders = ['newest', 'oldest'] as const;
/** By position in the journal, the last or the first one first. */
export type Order = (typeof orders)[number];

/** How many things one page looks at, at most. What it does not come to is left to the next page. */
const MOST_LOOKED_AT = 10_000;

/**
 * A way to the things that are looked for, by an index: what it leads to holds all of them, perhaps with others.
 * Each branch is the part of a query from FROM on whose column `position` an index gives.
 */
export interface Way {
  readonly branches: readonly string[];
  /** The index of each branch gives the order of positions too. Of another way all must be taken and put in order. */
  readonly ordered: boolean;
}

/** What is looked for: all things at the end of any of the ways that meet the conditions. */
export interface Search {
  /** At least one that is ordered; the best one is found by counting. */
  readonly ways: readonly Way[];
  /** The table in which a thing, known by its ledger and position, is held against the conditions. */
  readonly table: string;
  /** Conditions on `thing`, a row of that table. Empty where the only way leads to nothing else. */
  readonly conditions: readonly string[];
  /** The values of `$1`, `$2`, ...; the first is the ledger. */
  readonly values: readonly unknown[];
}

export interface Page {
  readonly order: Order;
  /** The position after which the page begins; null: the first page. */
  readonly after: number | null;
  /** 1 or more. */
  readonly limit: number;
}

export interface Found {
  /** In the order asked for. */
  readonly positions: readonly number[];
  /** Where the next page begins; null: there is none. A page may be short, even empty, and have a next one. */
  readonly next: number | null;
}

/** One page of what is looked for. @param mostLookedAt bounds the work, whatever is asked. */
export async function search(client: pg.PoolClient, wanted: Search, page: Page, mostLookedAt = MOST_LOOKED_AT): Promise<Found> {
  const way = await bestWay(client, wanted, mostLookedAt);
  const most = wanted.conditions.length === 0 ? page.limit + 1 : mostLookedAt;
  const { rows } = await client.query<{ found: number[]; looked_at: number; last: number | null }>(
    pageQuery(wanted, way, page, most),
    wanted.values as unknown[],
  );
  const { found, looked_at: lookedAt, last } = rows[0]!;
  const positions = found.slice(0, page.limit);
  if (found.length > page.limit) return { positions, next: positions.at(-1)! };
  return { positions, next: lookedAt < most ? null : last };
}

function pageQuery({ table, conditions }: Search, way: Way, { order, after, limit }: Page, most: number): string {
  const [direction, beyond] = order === 'newest' ? ['DESC', '<'] : ['ASC', '>'];
  const rest = after === null ? '' : `AND position ${beyond} ${after}`;
  // OFFSET 0 keeps the planner from taking another index for the sake of the order.
  const branches = way.branches.map((from) =>
    way.ordered
      ? `(SELECT DISTINCT position ${from} ${rest} ORDER BY position ${direction} LIMIT ${most})`
      : `(SELECT position FROM (SELECT position ${from} OFFSET 0) AS range WHERE true ${rest})`,
  );
  // And from taking another way than by position to what is held against the conditions.
  const thing = `LATERAL (SELECT * FROM ${table} WHERE ledger = $1 AND position = candidate.position OFFSET 0) AS thing`;
  return `WITH candidate AS MATERIALIZED (
      SELECT DISTINCT position FROM (${branches.join(' UNION ALL ')}) AS way ORDER BY position ${direction} LIMIT ${most}
    )
    SELECT (SELECT count(*) FROM candidate) AS looked_at,
      (SELECT ${order === 'newest' ? 'min' : 'max'}(position) FROM candidate) AS last,
      ARRAY(
        SELECT candidate.position FROM candidate CROSS JOIN ${thing} WHERE ${['true', ...conditions].join(' AND ')}
        ORDER BY candidate.position ${direction} LIMIT ${limit + 1}
      ) AS found`;
}

/** The way that leads to the fewest things; of two that lead to more than may be looked at, the first that is ordered. */
async function bestWay(client: pg.PoolClient, { ways, values }: Search, mostLookedAt: number): Promise<Way> {
  const [only] = ways;
  if (ways.length === 1) return only!;
  const counts = ways.map(({ branches }, n) => {
    const led = branches.map((from) => `SELECT 1 ${from}`).join(' UNION ALL ');
    return `(SELECT count(*) FROM (SELECT FROM (${led}) AS way LIMIT ${mostLookedAt + 1}) AS counted) AS way_${n}`;
  });
  const { rows } = await client.query<Record<string, number>>(`SELECT ${counts.join(', ')}`, values as unknown[]);
  const counted = ways.map((way, n) => ({ way, count: rows[0]![`way_${n}`]! }));
  const usable = counted.filter(({ way, count }) => way.ordered || count <= mostLookedAt);
  return usable.reduce((best, one) => (one.count < best.count ? one : best)).way;
}
