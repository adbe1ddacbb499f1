import type { ReadModelTable, RowNames } from '@mizan/projections';
import type pg from 'pg';

/** The schema of the books that are read, as the migrations name it. */
export const LIVE = 'accounts';

/** Where the books are made again. Nothing in it is worth keeping. */
export const BESIDE = 'accounts_beside';

/** Words about people are not told: those of an entry and of a hold, and both again word by word. */
const descriptions = ['reference', 'metadata'];

/** All tables of the books, in the order in which everybody locks them. Ledgers are known by their uid: the numbers that tables know them by may differ. */
export const describedTables: readonly ReadModelTable[] = [
  {
    name: 'ledgers',
    generated: { number: 'uid' },
    shown: [],
    untold: ['name'],
    names: (client, { uid }) => namesOf(client, uid!, null),
  },
  ofLedger('accounts', { shown: [], untold: ['metadata'], names: (client, { uid, number }) => namesOf(client, uid!, number!) }),
  ofLedger('entries', { shown: ['position', 'id'], untold: descriptions }),
  ofLedger('postings', { shown: ['effective_at', 'position', 'leg'] }),
  ofLedger('moments', { shown: ['recorded_at'] }),
  ofLedger('held', { shown: ['position'] }),
  ofLedger('folios', { shown: ['level', 'through'] }),
  ofLedger('folio_totals', { shown: ['level', 'through', 'earliest'] }),
  ofLedger('holds', { shown: ['position', 'id'], untold: descriptions }),
  ofLedger('words', { shown: ['thing', 'key', 'value', 'position'], untold: ['key', 'value'] }),
  { name: 'rebuilding', compared: false },
];

export const bookTables: readonly string[] = describedTables.map(({ name }) => name);

/** A table whose rows are of a ledger, and perhaps of an account of it. A row of no ledger that is known has the uid ''. */
function ofLedger(name: string, more: Omit<ReadModelTable, 'name'>): ReadModelTable {
  return {
    name,
    rows: (schema) =>
      `SELECT coalesce(book.uid, '') AS uid, line.* FROM ${schema}.${name} AS line LEFT JOIN ${schema}.ledgers AS book ON book.number = line.ledger`,
    generated: { ledger: 'uid' },
    names: (client, { uid, account = null }) => namesOf(client, uid!, account),
    ...more,
  };
}

export const UNKNOWN_LEDGER = '(none that is known)';

/** A ledger, as `tenant/id`, and an account of it as people know them, by what the journal made of them where that has them. */
export async function namesOf(client: pg.ClientBase, uid: string, account: string | null): Promise<RowNames> {
  const { rows } = await client.query<{ ledger: string; account: string | null }>(
    [BESIDE, LIVE]
      .map(
        (schema) =>
          `SELECT book.tenant || '/' || book.id AS ledger, account.id AS account FROM ${schema}.ledgers AS book
           LEFT JOIN ${schema}.accounts AS account ON account.ledger = book.number AND account.number = $2 WHERE book.uid = $1`,
      )
      .join(' UNION ALL '),
    [uid, account],
  );
  const [found] = rows.toSorted((a, b) => Number(a.account === null) - Number(b.account === null));
  return { ...(found ?? { ledger: UNKNOWN_LEDGER, account: null }) };
}
