import type { Account, AccountType, Frozen, Metadata, Side } from '@mizan/ledger';
import type pg from 'pg';
import { entryPage } from '../http/entry-page.js';
import type { EntryFilter } from './entry-search.js';
import { holdPage } from '../http/hold-page.js';
import type { HoldFilter } from './hold-search.js';
import type { Leg } from './legs.js';
import { nearestNames, respelled } from '../http/nearest-names.js';
import { type Axes, heldAt, latestMoment, turnovers } from './past.js';
import type { LedgerName } from '../http/position-waits.js';
import type { Page } from './search.js';
import { type Place, type StatementLine, type Turnover, placeOf } from '../statement.js';

/** Of each spelling, how many ids before and after it are looked at. */
const NEIGHBOURS = 20;
/** How many first segments are looked at. */
const FAMILIES = 32;
/** Past every id that begins with a prefix: ids are ASCII, and this is the last letter of it. */
const PAST = '\x7f';

/** How many lines one page of a statement looks at, at most. */
const MOST_LINES_LOOKED_AT = 10_000;

/** How far the journal had come at a moment, and when its last event was recorded (ms since the epoch). */
export interface Known {
  readonly position: number;
  readonly recordedAt: number;
}

export interface AccountFilter {
  readonly prefix: string | null;
  readonly type: AccountType | null;
  readonly asset: string | null;
}

/** Everything that can be asked of one ledger, at one moment of the books: all answers are true at `position`. */
export class LedgerSnapshot {
  private constructor(
    private readonly client: pg.PoolClient,
    private readonly number: number,
    private readonly id: string,
    readonly position: number,
    /** When the event at `position` was recorded, ms since the epoch. */
    readonly recordedAt: number,
    /** A rebuild has emptied the ledger and has not filled it again. */
    readonly rebuilding: boolean,
  ) {}

  /** Null where the books have no such ledger of the tenant. */
  static async of(client: pg.PoolClient, { tenant, ledger }: LedgerName): Promise<LedgerSnapshot | null> {
    const { rows } = await client.query<{ number: number; position: number; recorded_at: number; rebuilding: boolean }>(
      `SELECT number, position, recorded_at,
         EXISTS (SELECT FROM accounts.rebuilding WHERE stream = 'journal-' || ledger.uid) AS rebuilding
       FROM accounts.ledgers AS ledger WHERE tenant = $1 AND id = $2`,
      [tenant, ledger],
    );
    const [row] = rows;
    return row ? new LedgerSnapshot(client, row.number, ledger, row.position, row.recorded_at, row.rebuilding) : null;
  }

  async account(id: string): Promise<Account | null> {
    const { rows } = await this.client.query<AccountRow>('SELECT * FROM accounts.accounts WHERE ledger = $1 AND id = $2', [
      this.number,
      id,
    ]);
    return rows[0] ? accountOf(rows[0]) : null;
  }

  /** The next accounts by id, at most `limit`. */
  async accounts({ prefix, type, asset }: AccountFilter, after: string, limit: number): Promise<readonly Account[]> {
    const { rows } = await this.client.query<AccountRow>(
      `SELECT * FROM accounts.accounts
       WHERE ledger = $1 AND id > $2 AND id >= $3 AND id < $4 AND ($5::text IS NULL OR type = $5) AND ($6::text IS NULL OR asset = $6)
       ORDER BY id LIMIT $7`,
      [this.number, after, prefix ?? '', `${prefix ?? ''}${PAST}`, type, asset, limit],
    );
    return rows.map(accountOf);
  }

  /** The last position recorded at or before a moment, and when that was; null before the ledger was opened. */
  async knownAt(moment: number): Promise<Known | null> {
    const { rows } = await this.client.query<{ position: number; recorded_at: number }>(
      'SELECT position, recorded_at FROM accounts.moments WHERE ledger = $1 AND recorded_at <= $2 ORDER BY recorded_at DESC LIMIT 1',
      [this.number, moment],
    );
    const [row] = rows;
    return row ? { position: row.position, recordedAt: row.recorded_at } : null;
  }

  /** What was posted to an account. */
  async turnover(account: Account, axes: Axes): Promise<Turnover> {
    const [found] = await turnovers(this.client, this.number, [account.openedPosition], axes);
    return found!;
  }

  /** Each account with its posted totals as they are by these axes. */
  async postedAt(accounts: readonly Account[], axes: Axes): Promise<readonly Account[]> {
    const numbers = accounts.map(({ openedPosition }) => openedPosition);
    const found = await turnovers(this.client, this.number, numbers, axes);
    return accounts.map((account, n) => ({ ...account, debitsPosted: found[n]!.debits, creditsPosted: found[n]!.credits }));
  }

  /** What holds took of an account at a position. */
  heldAt({ openedPosition }: Account, position: number): Promise<Turnover> {
    return heldAt(this.client, this.number, openedPosition, position);
  }

  /** The last moment at which anything counts that was posted to an account up to a position, or null where nothing was. */
  latestMoment({ openedPosition }: Account, position: number): Promise<number | null> {
    return latestMoment(this.client, this.number, openedPosition, position);
  }

  /**
   * The next lines of an account's statement: after a place, effective at or before `until`, as the journal had them at `position`.
   * What was recorded later lies between them and is passed over; after so many in all, the page ends where it has come to, short or empty.
   */
  async lines(
    { openedPosition }: Account,
    after: Place,
    { until, position }: { readonly until: number; readonly position: number },
    limit: number,
    mostLookedAt = MOST_LINES_LOOKED_AT,
  ): Promise<{ readonly lines: readonly StatementLine[]; readonly next: Place | null }> {
    const next = `FROM accounts.postings WHERE ledger = $1 AND account = $2 AND (effective_at, position, leg) > ($3, $4, $5)
      AND effective_at <= $6 ORDER BY effective_at, position, leg`;
    const values = [this.number, openedPosition, ...after, until];
    const { rows } = await this.client.query<LineRow>(
      `SELECT posting.position, leg, posting.effective_at, side, amount, entry.id, recorded_at, reference, legs
       FROM (SELECT * FROM (SELECT * ${next} LIMIT ${mostLookedAt}) AS looked_at WHERE position <= $7 LIMIT ${limit + 1}) AS posting
       JOIN accounts.entries AS entry ON entry.ledger = $1 AND entry.position = posting.position
       ORDER BY posting.effective_at, posting.position, leg`,
      [...values, position],
    );
    const lines = rows.slice(0, limit).map(lineOf);
    if (rows.length > limit) return { lines, next: placeOf(lines.at(-1)!) };
    const { rows: last } = await this.client.query<Pick<LineRow, 'effective_at' | 'position' | 'leg'>>(
      `SELECT effective_at, position, leg ${next} OFFSET ${mostLookedAt - 1} LIMIT 1`,
      values,
    );
    return { lines, next: last[0] ? [last[0].effective_at, last[0].position, last[0].leg] : null };
  }

  /** One page of the entries that a filter leaves. `mostLookedAt`: as for `search`. */
  entries(filter: EntryFilter, page: Page, mostLookedAt?: number): ReturnType<typeof entryPage> {
    return entryPage(this.client, { number: this.number, id: this.id }, filter, page, mostLookedAt);
  }

  /** One page of the holds that a filter leaves, in the order of their placing. */
  holds(filter: HoldFilter, page: Page, mostLookedAt?: number): ReturnType<typeof holdPage> {
    return holdPage(this.client, { number: this.number, id: this.id }, filter, page, mostLookedAt);
  }

  /** Up to three account ids that an unknown one may have meant. Looks at a bounded number, however many there are. */
  async nearest(id: string): Promise<readonly string[]> {
    const around = [...(await this.neighbours([id])), ...(await this.families())];
    const spellings = respelled(id, around);
    return nearestNames(id, [...around, ...(await this.neighbours(spellings))]);
  }

  /** One id of each first segment, found by leaping from one to the next. */
  private async families(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ id: string }>(
      `WITH RECURSIVE family (id, leap) AS (
         (SELECT id, 1 FROM accounts.accounts WHERE ledger = $1 ORDER BY id LIMIT 1)
         UNION ALL
         SELECT next.id, leap + 1 FROM family CROSS JOIN LATERAL (
           SELECT id FROM accounts.accounts WHERE ledger = $1 AND id > split_part(family.id, ':', 1) || ';' ORDER BY id LIMIT 1
         ) AS next WHERE leap < $2
       ) SELECT id FROM family`,
      [this.number, FAMILIES],
    );
    return rows.map((row) => row.id);
  }

  private async neighbours(ids: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ id: string }>(
      `SELECT DISTINCT near.id FROM unnest($2::text[]) AS wanted (id) CROSS JOIN LATERAL (
         (SELECT id FROM accounts.accounts WHERE ledger = $1 AND id < wanted.id COLLATE "C" ORDER BY id DESC LIMIT $3)
         UNION ALL
         (SELECT id FROM accounts.accounts WHERE ledger = $1 AND id >= wanted.id COLLATE "C" ORDER BY id LIMIT $3)
       ) AS near`,
      [this.number, ids, NEIGHBOURS],
    );
    return rows.map((row) => row.id);
  }
}

interface AccountRow {
  readonly number: number;
  readonly id: string;
  readonly type: AccountType;
  readonly asset: string;
  readonly exponent: number;
  readonly min_balance: string | null;
  readonly max_balance: string | null;
  readonly frozen: Frozen;
  readonly closed: boolean;
  readonly metadata: Metadata;
  readonly opened_at: number;
  readonly debits_posted: string;
  readonly debits_held: string;
  readonly credits_posted: string;
  readonly credits_held: string;
}

const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  type: row.type,
  asset: row.asset,
  exponent: row.exponent,
  minBalance: row.min_balance === null ? null : BigInt(row.min_balance),
  maxBalance: row.max_balance === null ? null : BigInt(row.max_balance),
  frozen: row.frozen,
  closed: row.closed,
  metadata: row.metadata,
  openedPosition: row.number,
  openedAt: row.opened_at,
  debitsPosted: BigInt(row.debits_posted),
  debitsHeld: BigInt(row.debits_held),
  creditsPosted: BigInt(row.credits_posted),
  creditsHeld: BigInt(row.credits_held),
});

interface LineRow {
  readonly position: number;
  readonly leg: number;
  readonly effective_at: number;
  readonly side: Side;
  readonly amount: string;
  readonly id: string;
  readonly recorded_at: number;
  readonly reference: string | null;
  readonly legs: readonly Leg[];
}

const lineOf = (row: LineRow): StatementLine => ({
  entry: row.id,
  position: row.position,
  leg: row.leg,
  recordedAt: row.recorded_at,
  effectiveAt: row.effective_at,
  side: row.side,
  amount: BigInt(row.amount),
  reference: row.reference,
  accounts: row.legs.map(([account]) => account),
});
