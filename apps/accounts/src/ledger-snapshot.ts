import type { Account, AccountType, Frozen, Metadata, Side } from '@mizan/ledger';
import type pg from 'pg';
import { entryPage } from './entry-page.js';
import type { EntryFilter } from './entry-search.js';
import { holdPage } from './hold-page.js';
import type { HoldFilter } from './hold-search.js';
import { dayNumber, startOfDay } from './ledger-changes.js';
import { nearestNames, respelled } from './nearest-names.js';
import type { LedgerName } from './position-waits.js';
import type { Page } from './search.js';
import type { Place, StatementLine, Turnover } from './statement.js';

/** Of each spelling, how many ids before and after it are looked at. */
const NEIGHBOURS = 20;
/** How many first segments are looked at. */
const FAMILIES = 32;
/** Past every id that begins with a prefix: ids are ASCII, and this is the last letter of it. */
const PAST = '\x7f';

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

  /** What was posted to an account effective before a moment. */
  async turnoverBefore(account: Account, moment: number): Promise<Turnover> {
    const day = dayNumber(moment);
    const { rows } = await this.client.query<{ debits: string; credits: string }>(
      `SELECT coalesce(sum(debits), 0) AS debits, coalesce(sum(credits), 0) AS credits FROM (
         SELECT debits, credits FROM accounts.day_totals WHERE ledger = $1 AND account = $2 AND day < $3
         UNION ALL
         SELECT CASE side WHEN 'debit' THEN amount ELSE 0 END, CASE side WHEN 'credit' THEN amount ELSE 0 END
         FROM accounts.postings WHERE ledger = $1 AND account = $2 AND effective_at >= $4 AND effective_at < $5
       ) AS earlier`,
      [this.number, account.openedPosition, day, startOfDay(day), moment],
    );
    const { debits, credits } = rows[0]!;
    return { debits: BigInt(debits), credits: BigInt(credits) };
  }

  /**
   * The next lines of an account's statement: after a place, effective before `to` (null: no end), at most `limit`,
   * as the journal had them at `position`.
   */
  async lines(account: Account, after: Place, to: number | null, position: number, limit: number): Promise<readonly StatementLine[]> {
    const { rows } = await this.client.query<LineRow>(
      `SELECT posting.position, leg, posting.effective_at, side, amount, entry.id, recorded_at, reference, accounts
       FROM accounts.postings AS posting JOIN accounts.entries AS entry USING (ledger, position)
       WHERE ledger = $1 AND account = $2 AND (posting.effective_at, position, leg) > ($3, $4, $5)
         AND ($6::bigint IS NULL OR posting.effective_at < $6) AND position <= $7
       ORDER BY posting.effective_at, position, leg LIMIT $8`,
      [this.number, account.openedPosition, ...after, to, position, limit],
    );
    return rows.map(lineOf);
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
  readonly accounts: readonly string[];
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
  accounts: row.accounts,
});
