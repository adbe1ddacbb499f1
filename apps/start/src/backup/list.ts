import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSegment, walFolder, walNames } from '@mizan/embedded';
import { archiveIn, gapAfter, lineOf, readBackups, walOf } from './backups.js';
import type { LedgerBooks } from './books.js';
import { bytesOf } from './manifest.js';
import { timelineOf } from './timelines.js';

export interface ListedBackup {
  readonly id: string;
  readonly bytes: number;
  readonly endedAt: string;
  readonly ledgers: readonly LedgerBooks[];
  /** The number of the history that it was taken in; each restore begins a new one. */
  readonly history: number;
  /** False: it is of a history that a restore has left. */
  readonly onLine: boolean;
  /** The first WAL file that is missing after it; nothing from there on can be restored from it. */
  readonly gap: string | null;
}

export interface BackupList {
  readonly archive: string;
  /** When the last WAL file came in, RFC 3339: about how far everything can be restored. */
  readonly archivedAt: string | null;
  readonly backups: readonly ListedBackup[];
}

/** @param folder that backups were taken to; null: `ordinary`. @throws BackupProblem where none was. */
export async function listBackups(
  folder: string | null,
  { data, ordinary }: { readonly data: string; readonly ordinary: string },
): Promise<BackupList> {
  const archive = await archiveIn(folder ?? ordinary);
  const line = await lineOf(archive, null, await walOf(data, archive));
  const onLine = new Set(line.backups.map(({ id }) => id));
  const wal = (await walNames(archive)).filter(isSegment);
  const times = await Promise.all(wal.map(async (name) => (await stat(join(walFolder(archive), `${name}.gz`))).mtimeMs));
  const backups = (await readBackups(archive)).map(async (backup) => ({
    id: backup.id,
    bytes: bytesOf(backup),
    endedAt: backup.endedAt,
    ledgers: backup.ledgers,
    history: timelineOf(backup.lastWal),
    onLine: onLine.has(backup.id),
    gap: await gapAfter(archive, backup),
  }));
  return {
    archive,
    archivedAt: times.length > 0 ? new Date(times.reduce((latest, time) => Math.max(latest, time))).toISOString() : null,
    backups: await Promise.all(backups),
  };
}
