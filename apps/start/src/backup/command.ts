import { type Flags, type Values, homeCommand } from '../home-command.js';
import type { Home } from '../home.js';
import { BackupProblem } from './problem.js';

/** Runs a program on the files of the PostgreSQL that runs in this home. */
export function command<F extends Flags, T>(
  options: F,
  work: (home: Home, flags: Values<F>, step: (text: string) => void) => Promise<T>,
): Promise<void> {
  return homeCommand(options, async ({ home, databaseUrl }, flags, step) => {
    if (databaseUrl) throw new BackupProblem(OUTSIDE);
    return work(home, flags, step);
  });
}

/** Of a server that Mizan does not run it knows neither files nor archive. */
export const OUTSIDE =
  'DATABASE_URL names a PostgreSQL server that Mizan does not run: nothing was backed up or restored. ' +
  'Use its own means (pg_basebackup with an archive, or its provider’s point-in-time recovery); what to see to is in docs/backup.md';
