import { AppendRefused } from '@mizan/event-store';
import type { Planted } from './planted.js';

const SOON_MS = 40;

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
    foundAs: /its id was spent|right at no length|no group that was sent/,
    writer: () => ({ recalls: false }),
  },
  {
    name: 'an index that says how far it has come before it has come there',
    foundAs: /its id was spent|right at no length|should be/,
    parts: ({ ids }) => ({
      ids: (cluster, machine) => {
        const real = ids(cluster, machine);
        return {
          ...real,
          positions: (ledger, wanted) => real.positions(ledger, wanted),
          add: async (ledger, entries, through, standing) => {
            await real.add(ledger, [], through, standing);
            machine.time.after(SOON_MS, () => {
              if (machine.alive) void real.add(ledger, entries, 0, standing).catch(() => undefined);
            });
          },
        };
      },
    }),
  },
  {
    name: 'words kept after the event',
    foundAs: /The books|reference|content/,
    parts: ({ texts }) => ({
      texts: (cluster, machine) => {
        const real = texts(cluster, machine);
        return {
          find: (wanted) => real.find(wanted),
          keep: async (ledger, kept) => {
            machine.time.after(SOON_MS, () => {
              if (machine.alive) void real.keep(ledger, kept).catch(() => undefined);
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
