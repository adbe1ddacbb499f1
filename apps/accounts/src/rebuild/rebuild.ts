import { journalKinds } from '@mizan/contracts';
import { type ReadModel, type Rebuilding as Making, type Rebuilt as Made, rebuild as make } from '@mizan/projections';
import { LIVE, bookTables } from './book-tables.js';
import { type Difference, claimed, differences } from './comparison.js';
import { JournalProjection } from '../journal.projection.js';

export type Rebuilding = Omit<Making<Difference>, 'model' | 'compare'> & Pick<ReadModel, 'consumer'>;
export type Rebuilt = Made<Difference>;

/** Makes the books again from the journal beside those that are read, compares, and switches: `rebuild` of libs/projections. */
export const rebuild = ({ consumer, ...given }: Rebuilding): Promise<Rebuilt> =>
  make<Difference>({
    ...given,
    model: {
      service: 'accounts',
      schema: LIVE,
      tables: bookTables,
      consumer,
      kinds: journalKinds,
      projection: (schema) => new JournalProjection(schema),
      // Older than the rule of libs/projections, and held by the release before.
      lock: 0x626f6f6b73,
      words: { tables: 'books', source: 'journal' },
    },
    compare: async (client, claims) => [...(await differences(client)), ...(await claimed(client, claims))],
  });
