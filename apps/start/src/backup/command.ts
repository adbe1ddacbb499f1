import { parseArgs } from 'node:util';
import { type Home, homeAt } from '../home.js';
import { readSettings } from '../settings.js';
import { BackupProblem } from './problem.js';

/** A line that the commands print: what they do now, and at the end what came of it. The command line puts it into words. */
export type Said<T> = { readonly step: string } | { readonly done: T } | { readonly error: string };

type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
type Values<F extends Flags> = { readonly [K in keyof F]?: F[K]['type'] extends 'string' ? string : boolean };

/** Runs a program that prints `Said` lines and ends with 0 or 1. */
export async function command<F extends Flags, T>(
  options: F,
  work: (home: Home, flags: Values<F>, step: (text: string) => void) => Promise<T>,
): Promise<void> {
  const say = (line: Said<T>): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const { values } = parseArgs({ options });
    const settings = readSettings([], process.env);
    if (settings.databaseUrl) throw new BackupProblem(OUTSIDE);
    say({ done: await work(homeAt(settings.directory), values as Values<F>, (step) => say({ step })) });
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}

/** Of a server that Mizan does not run it knows neither files nor archive. */
export const OUTSIDE =
  'DATABASE_URL names a PostgreSQL server that Mizan does not run: nothing was backed up or restored. ' +
  'Use its own means (pg_basebackup with an archive, or its provider’s point-in-time recovery); what to see to is in docs/backup.md';
