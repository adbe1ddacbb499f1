import { createHash } from 'node:crypto';
import { journalStream } from '@mizan/contracts';
import type pg from 'pg';

/** A ledger up to a position. */
export interface LedgerBooks {
  readonly tenant: string;
  readonly id: string;
  readonly stream: string;
  readonly position: number;
  /** SHA-256 of its stored events, each followed by a line feed: of the journal as JSON lines. */
  readonly checksum: string;
}

export type LedgerPosition = Omit<LedgerBooks, 'checksum'>;

const PAGE = 2_000;

/** Every ledger with the position of its last event. None in a database that has not been migrated yet. */
export async function ledgerPositions(client: pg.Client): Promise<readonly LedgerPosition[]> {
  const { rows: known } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('transfers.ledgers') IS NOT NULL AND to_regclass('journal.events') IS NOT NULL AS exists`,
  );
  if (!known[0]!.exists) return [];
  const { rows } = await client.query<{ tenant: string; id: string; uid: string }>(
    'SELECT tenant, id, uid FROM transfers.ledgers ORDER BY tenant, id',
  );
  const ledgers = rows.map(({ tenant, id, uid }) => ({ tenant, id, stream: journalStream(uid) }));
  const { rows: heads } = await client.query<{ position: string }>(
    `SELECT coalesce((SELECT max(version) FROM journal.events WHERE stream = s), 0)::text AS position
     FROM unnest($1::text[]) WITH ORDINALITY AS streams (s, nr) ORDER BY nr`,
    [ledgers.map(({ stream }) => stream)],
  );
  return ledgers.map((ledger, index) => ({ ...ledger, position: Number(heads[index]!.position) }));
}

/** @returns the checksums at each of some positions, which rise. */
export async function checksums(client: pg.Client, stream: string, positions: readonly number[]): Promise<readonly string[]> {
  const hash = createHash('sha256');
  const found: string[] = [];
  let at = 0;
  for (const position of positions) {
    while (at < position) {
      const { rows } = await client.query<{ event: string }>(
        'SELECT event FROM journal.events WHERE stream = $1 AND version > $2 AND version <= $3 ORDER BY version LIMIT $4',
        [stream, at, position, PAGE],
      );
      if (rows.length === 0) throw new Error(`The journal of ${stream} ends at ${at}, before ${position}.`);
      for (const { event } of rows) hash.update(event).update('\n');
      at += rows.length;
    }
    found.push(hash.copy().digest('hex'));
  }
  return found;
}
