import { BooksProjection, BooksTransaction, LedgerBooks, type StatementLine } from '../books.js';
import type { Planted } from './planted.js';

/** Statements in the order in which entries were recorded. */
class BooksAsRecorded extends LedgerBooks {
  protected override enter(account: string, line: StatementLine): void {
    this.statements.set(account, [...(this.statements.get(account) ?? []), line]);
  }
}

/** Writes at once what should wait for the commit, or the other way round. */
function writingAtOnce(what: 'effect' | 'offset'): NonNullable<Planted['parts']> {
  return ({ progress }) => ({
    progress: (cluster, machine) => {
      const real = progress(cluster, machine);
      return {
        ...real,
        lock: async (transaction, streams) => {
          const versions = await real.lock(transaction, streams);
          const later = transaction.write.bind(transaction);
          if (what === 'effect') transaction.write = (change) => change();
          else transaction.advance = (moved) => moved.forEach((version, stream) => transaction.books.progress.set(stream, version));
          if (what === 'effect')
            transaction.advance = (moved) =>
              later(() => moved.forEach((version, stream) => transaction.books.progress.set(stream, version)));
          return versions;
        },
      };
    },
  });
}

export const inTheReaders: readonly Planted[] = [
  {
    name: 'backdated entry in the wrong place',
    foundAs: /The books at .* have .* in the wrong place/,
    parts: () => ({ projection: new BooksProjection(() => new BooksAsRecorded()) }),
  },
  { name: 'offset before effect', foundAs: /The books at .* (lack|say) /, parts: writingAtOnce('offset') },
  { name: 'effect before offset', foundAs: /The books at .* have .* twice/, parts: writingAtOnce('effect') },
  {
    name: 'two readers at the same events at once',
    foundAs: /The books at .* have .* twice/,
    parts: ({ progress }) => ({
      progress: (cluster, machine) => ({
        ...progress(cluster, machine),
        lock: (transaction: BooksTransaction, streams: readonly string[]) => machine.call('the books', () => transaction.versions(streams)),
      }),
    }),
  },
];
