import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@mizan/embedded';
import type { LedgerBooks } from './books.js';
import { BackupProblem } from './problem.js';

/** One base backup: a copy of the data directory, and what was true when it became whole. */
export interface Backup {
  readonly format: 1;
  /** The time it was begun, as a name. */
  readonly id: string;
  readonly postgresVersion: string;
  readonly systemIdentifier: string;
  /** The WAL files that it begins and ends in. */
  readonly firstWal: string;
  readonly lastWal: string;
  /** Where in the WAL the copy is whole, as PostgreSQL writes it: `0/3000158`. */
  readonly wholeAt: string;
  readonly begunAt: string;
  readonly endedAt: string;
  /** Each ledger at the very moment at which the copy is whole. */
  readonly ledgers: readonly LedgerBooks[];
  /** In `data/`, with `/`, parents first; some are empty. */
  readonly folders: readonly string[];
  readonly files: readonly CopiedFile[];
}

export interface CopiedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const fileOf = (folder: string): string => join(folder, 'manifest.json');

export async function writeManifest(folder: string, backup: Backup): Promise<void> {
  await writeDurably(fileOf(folder), `${JSON.stringify({ sha256: digestOf(backup), backup })}\n`);
}

/** @throws BackupProblem where it is not what was written. */
export async function readManifest(folder: string): Promise<Backup> {
  const damaged = (why: string): BackupProblem =>
    new BackupProblem(`${fileOf(folder)} is damaged (${why}). To restore from an older backup, move ${folder} away`);
  const text = await readFile(fileOf(folder), 'utf8').catch((error: unknown) => {
    throw damaged((error as Error).message);
  });
  let found: { sha256: string; backup: Backup };
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    throw damaged('it is not JSON');
  }
  if (digestOf(found.backup) !== found.sha256) throw damaged('its checksum is another');
  if (found.backup.format !== 1) throw new BackupProblem(`${fileOf(folder)} was written by a later version`);
  return found.backup;
}

export const bytesOf = ({ files }: Backup): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

const digestOf = (backup: Backup): string =>
  createHash('sha256')
    .update(JSON.stringify(backup) ?? '')
    .digest('hex');
