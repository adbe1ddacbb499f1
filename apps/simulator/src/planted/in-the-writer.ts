import { AppendRefused } from '@mizan/event-store';
import type { IndexEntry } from '@mizan/writer/ledger';
import type { Planted } from './planted.js';

const SOON_MS = 40;

/** What was done under an id is not known: it is done again, or taken for unspent, or what it made is not found. */
const FORGOTTEN =
  /could not be settled|its id was spent at #|should be (refused )?as id_conflict|was not there, which was right at no length|(hold|entry)_not_found at (hold|entry)/;
/** A hold is taken for open, or an entry for not reversed, as it was first. */
const AS_IT_WAS_FIRST =
  /(reversed|hold) should be|should be (refused )?as (reversal_exceeds_entry|hold_\w+)|(hold|entry) \S+ was (placed|reversed by)/;

/** The index of ids says that it is complete, and a part of each entry comes a little later. */
const keptLater =
  (atFirst: (entry: IndexEntry) => IndexEntry): NonNullable<Planted['parts']> =>
  ({ ids }) => ({
    ids: (cluster, machine) => {
      const real = ids(cluster, machine);
      return {
        ...real,
        add: async (ledger, entries, through, standing) => {
          await real.add(ledger, entries.map(atFirst), through, standing);
          machine.time.after(SOON_MS, () => {
            if (machine.alive) void real.add(ledger, entries, 0, standing).catch(() => undefined);
          });
        },
      };
    },
  });

export const inTheWriter: readonly Planted[] = [
  {
    name: 'a broken connection taken for a failed append',
    foundAs: /had been told that nothing was written/,
    writer: () => ({
      appendDurably: async (store, stream, expected, events) => {
        try {
          return (await store.append(stream, expected, events)).status === 'appended' ? 'ours' : 'lost';
        } catch {
          return 'lost';
        }
      },
    }),
  },
  {
    name: 'a broken connection taken for a done append',
    foundAs: /not durable|right at no length/,
    writer: () => ({
      appendDurably: async (store, stream, expected, events) => {
        try {
          return (await store.append(stream, expected, events)).status === 'appended' ? 'ours' : 'lost';
        } catch (error) {
          if (error instanceof AppendRefused) throw error;
          return 'ours';
        }
      },
    }),
  },
  {
    name: 'id checked outside the append, in memory alone',
    foundAs: FORGOTTEN,
    writer: () => ({ recalls: false }),
  },
  {
    name: 'an index that says how far it has come before it has the ids',
    foundAs: FORGOTTEN,
    parts: keptLater(({ later, ...entry }) => ({ ...entry, spent: null, later })),
  },
  {
    name: 'an index that says how far it has come before it has what became of entries and holds',
    foundAs: AS_IT_WAS_FIRST,
    parts: keptLater(({ spent, ...entry }) => ({ ...entry, spent, later: null })),
  },
  {
    name: 'words kept after the event',
    foundAs: /The books at .* say \d+ null, where there is|its (reference|metadata) should be|of other content than/,
    parts: ({ texts }) => ({
      texts: (cluster, machine) => {
        const real = texts(cluster, machine);
        return {
          find: (wanted) => real.find(wanted),
          keep: async (stream, kept) => {
            machine.time.after(SOON_MS, () => {
              if (machine.alive) void real.keep(stream, kept).catch(() => undefined);
            });
          },
        };
      },
    }),
  },
  {
    name: 'a due hold that nobody looks for',
    foundAs: /never expired/,
    parts: () => ({ unattended: () => ({ find: async () => [] }) }),
  },
];
