import { checkJournal } from './audit.js';
import { play } from './play.js';

/**
 * Plays a table: one line for each operation with what is expected of it, then the four totals of every account.
 * Amounts are in yen, which have no decimal places: what is written are minor units.
 * Answers the accounts whose totals were left out, and what is wrong with the journal; `play` throws at all else.
 */
export function problemsOf(table: string): readonly unknown[] {
  const { book, journal } = play(table);
  const totalled = [...table.matchAll(/^ *totals (\S+)/gm)].map(([, account]) => account!);
  return [...[...book.accounts.keys()].filter((account) => !totalled.includes(account)), ...checkJournal(journal)];
}
