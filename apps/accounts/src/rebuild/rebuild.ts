import { journalKinds, ledgerUidOf } from '@mizan/contracts';
import {
  type Difference as AnyDifference,
  type ReadModel,
  type Rebuilding as Making,
  type Rebuilt as Made,
  rebuild as make,
} from '@mizan/projections';
import { LIVE, UNKNOWN_LEDGER, describedTables, namesOf } from './book-tables.js';
import { JournalProjection } from '../journal.projection.js';

export interface Rebuilding extends Omit<Making, 'model'> {
  /** The name under which the inbox notes what the books include. */
  readonly consumer: string;
}

export interface Rebuilt extends Omit<Made, 'differences'> {
  readonly differences: readonly Difference[];
}

/** One table in which the books that are read and those made again are not the same. */
export interface Difference extends Pick<AnyDifference, 'table' | 'rows' | 'key' | 'column' | 'live'> {
  /** Of the first row that differs: which ledger, as `tenant/id`; which account, or null where the row is not of one. */
  readonly ledger: string;
  readonly account: string | null;
  /** What the journal makes of it. */
  readonly journal: string | null;
}

const books = (consumer: string): ReadModel => ({
  service: 'accounts',
  schema: LIVE,
  tables: describedTables,
  consumer,
  kinds: journalKinds,
  projection: (schema) => new JournalProjection(schema),
  namesOfStream: (client, stream) => namesOf(client, ledgerUidOf(stream), null),
  // Older than the rule of libs/projections, and held by the release before.
  lock: 0x626f6f6b73,
  called: { tables: 'books', source: 'journal' },
});

/** Makes the books again from the journal beside those that are read, compares, and switches: `rebuild` of libs/projections. */
export async function rebuild({ consumer, ...given }: Rebuilding): Promise<Rebuilt> {
  const { differences, ...made } = await make({ ...given, model: books(consumer) });
  return { events: made.events, behind: made.behind, differences: differences.map(told), switched: made.switched };
}

const told = ({ table, rows, names, key, column, live, made }: AnyDifference): Difference => ({
  table,
  rows,
  ledger: names['ledger'] ?? UNKNOWN_LEDGER,
  account: names['account'] ?? null,
  key,
  column,
  live,
  journal: made,
});
