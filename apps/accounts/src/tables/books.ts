import { Problem } from '@mizan/platform';
import type pg from 'pg';
import { LedgerSnapshot } from './ledger-snapshot.js';
import { type LedgerName, PositionWaits } from '../http/position-waits.js';
import { type Snapshot, openSnapshot } from './snapshot.js';

/** A ledger as a reader opened it. */
export interface OpenedLedger {
  readonly ledger: LedgerSnapshot;
  close(): Promise<void>;
}

/** The way to the read models: finds a ledger of a tenant, at least at the position asked for. */
export class Books {
  private readonly waits = new PositionWaits((names) => this.positionsOf(names));

  constructor(private readonly pool: pg.Pool) {}

  /** Everything that `work` asks of the ledger is true at one and the same position. Errors: those of `open`. */
  async read<T>(name: LedgerName, minPosition: number | null, work: (ledger: LedgerSnapshot) => Promise<T>): Promise<T> {
    const { ledger, close } = await this.open(name, minPosition);
    try {
      return await work(ledger);
    } finally {
      await close();
    }
  }

  /**
   * Whoever opens a ledger closes it.
   * @param minPosition how far the books must have come, or null; waits up to 2 s for it.
   * @throws Problem `ledger_not_found`, `position_not_reached`, `unavailable` while a rebuild fills the ledger, or `overloaded`.
   */
  async open(name: LedgerName, minPosition: number | null): Promise<OpenedLedger> {
    const least = minPosition ?? 0;
    const first = await this.openAt(name, least);
    if (typeof first === 'object') return first;
    const waited = await this.waits.reached(name, least);
    // Of a ledger that was known, the wait has said all there is to say.
    const last = waited === 'reached' || (waited === 'late' && first === 'unknown') ? await this.openAt(name, least) : 'behind';
    if (typeof last === 'object') return last;
    if (last === 'unknown') throw ledgerNotFound(name);
    throw new Problem(
      'position_not_reached',
      `The books of ledger ${name.ledger} have not come to position ${least} within 2 s. Ask again, or for an earlier position.`,
      { headers: { 'retry-after': '1' } },
    );
  }

  /** Or why not: the books have not come so far, or know no such ledger. */
  private async openAt(name: LedgerName, least: number): Promise<OpenedLedger | 'behind' | 'unknown'> {
    const snapshot = await openSnapshot(this.pool);
    let known = false;
    try {
      const ledger = await LedgerSnapshot.of(snapshot.client, name);
      if (ledger?.rebuilding || (!ledger && (await anyRebuilding(snapshot)))) throw rebuilding();
      // Of a ledger that nobody knows yet, the opening itself may still be on its way to here.
      if (!ledger && least === 0) throw ledgerNotFound(name);
      known = ledger !== null;
      if (ledger && ledger.position >= least) return { ledger, close: snapshot.close };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
    await snapshot.close();
    return known ? 'behind' : 'unknown';
  }

  private async positionsOf(names: readonly LedgerName[]): Promise<readonly number[]> {
    const { rows } = await this.pool.query<{ position: number }>(
      `SELECT coalesce(position, 0) AS position FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (tenant, id, place)
       LEFT JOIN accounts.ledgers AS ledger ON ledger.tenant = wanted.tenant COLLATE "C" AND ledger.id = wanted.id COLLATE "C"
       ORDER BY place`,
      [names.map(({ tenant }) => tenant), names.map(({ ledger }) => ledger)],
    );
    return rows.map(({ position }) => position);
  }
}

async function anyRebuilding({ client }: Snapshot): Promise<boolean> {
  const { rows } = await client.query<{ any: boolean }>('SELECT EXISTS (SELECT FROM accounts.rebuilding) AS any');
  return rows[0]!.any;
}

const ledgerNotFound = ({ ledger }: LedgerName): Problem => new Problem('ledger_not_found', `There is no ledger ${ledger}.`);

const rebuilding = (): Problem =>
  new Problem('unavailable', 'The books are being made again from the journal, and this ledger is not complete yet. Try again shortly.', {
    headers: { 'retry-after': '2' },
  });
