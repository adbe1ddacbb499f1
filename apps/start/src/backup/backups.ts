import { existsSync } from 'node:fs';
import { open, readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ARCHIVE_FILE, isSegment, keptWal, pruneWal, segmentNumber, walNames } from '@mizan/embedded';
import { type Backup, readManifest } from './manifest.js';
import { BackupProblem } from './problem.js';
import { branchesOf, isOnLine, timelineOf, walPlace } from './timelines.js';

// One cluster's backups: `<folder>/<system identifier>/base/<id>` and, for all of them, `wal`.

export const baseFolder = (archive: string, id = ''): string => join(archive, 'base', id);

/** The folder of the archive that a data directory writes to; null where none has been begun. */
export async function archiveOf(data: string): Promise<string | null> {
  const text = await readFile(join(data, ARCHIVE_FILE), 'utf8').catch(() => null);
  return text?.trim() ?? null;
}

/** The archive in a folder that backups were taken to. @throws BackupProblem where there is none, or are several. */
export async function archiveIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('base') && names.includes('wal')) return folder;
  const clusters = names.filter((name) => /^\d{10,20}$/.test(name));
  if (clusters.length === 1) return join(folder, clusters[0]!);
  if (clusters.length === 0)
    throw new BackupProblem(`There is no backup in ${folder}. Take one: npx mizan backup   or name its folder: --from`);
  throw new BackupProblem(
    `${folder} holds backups of several clusters: ${clusters.join(', ')}. Name one: --from ${join(folder, clusters[0]!)}`,
  );
}

/** Every complete backup, oldest first. @throws BackupProblem for a damaged manifest. */
export async function readBackups(archive: string): Promise<readonly Backup[]> {
  const names = await readdir(baseFolder(archive)).catch((): string[] => []);
  const whole = names.filter((name) => !name.endsWith('.new')).sort();
  return Promise.all(whole.map((id) => readManifest(baseFolder(archive, id))));
}

/** A history of the books: a restore begins a new one where it ends, and leaves the old one. */
export interface Line {
  readonly timeline: number;
  /** The backups that lie on it. A backup taken after the place that a restore went back to is of another history. */
  readonly backups: readonly Backup[];
}

/**
 * @param timeline null: that of the cluster as it is now or, where there is none, the newest.
 * @param wal the WAL folder of the cluster as it is now, whose history the archive may not know yet; null where there is none.
 */
export async function lineOf(archive: string, timeline: number | null, wal: string | null): Promise<Line> {
  const kept = await walNames(archive);
  const unarchived = wal === null ? [] : await readdir(wal);
  const known = [...kept, ...unarchived].filter((name) => isSegment(name) || isHistory(name));
  if (timeline !== null && !known.some((one) => timelineOf(one) === timeline))
    throw new BackupProblem(`${archive} knows no history ${timeline}`);
  const its = unarchived.filter(isSegment);
  const now = timeline ?? (its.length > 0 ? its : known).reduce((latest, name) => Math.max(latest, timelineOf(name)), 1);
  const name = `${now.toString(16).toUpperCase().padStart(8, '0')}.history`;
  const history = (await keptWal(name, archive)) ?? (unarchived.includes(name) ? await readFile(join(wal!, name)) : null);
  const branches = history ? branchesOf(history.toString('utf8')) : [];
  const isOn = ({ lastWal, wholeAt }: Backup): boolean => isOnLine({ timeline: timelineOf(lastWal), at: walPlace(wholeAt) }, now, branches);
  return { timeline: now, backups: (await readBackups(archive)).filter(isOn) };
}

const isHistory = (name: string): boolean => /^[0-9A-F]{8}\.history$/.test(name);

/** The first WAL file after the beginning of a backup that is missing while a later one is there; null where none is. */
export async function gapAfter(archive: string, { firstWal }: Backup, also: readonly string[] = []): Promise<string | null> {
  const kept = (await walNames(archive)).filter(isSegment).map(segmentNumber);
  const have = new Set([...kept, ...also.filter(isSegment).map(segmentNumber)]);
  const last = kept.reduce((latest, number) => (number > latest ? number : latest), segmentNumber(firstWal));
  for (let number = segmentNumber(firstWal); number <= last; number = following(number))
    if (!have.has(number)) return firstWal.slice(0, 8) + number;
  return null;
}

/**
 * Keeps the last backups of a history and what is newer than these; lets go of older ones, of what was left half done,
 * and of the WAL that only they needed. @returns the ids of the backups.
 */
export async function pruneBackups(archive: string, keep: number, timeline: number): Promise<readonly string[]> {
  const backups = await readBackups(archive);
  const oldest = (await lineOf(archive, timeline, null)).backups.slice(-keep)[0];
  if (!oldest) return [];
  const old = backups.filter(({ id }) => id < oldest.id).map(({ id }) => id);
  const unfinished = (await readdir(baseFolder(archive))).filter((name) => name.endsWith('.new'));
  for (const name of [...old, ...unfinished]) await rm(baseFolder(archive, name), { recursive: true, force: true });
  const kept = backups.filter(({ id }) => id >= oldest.id).map(({ firstWal }) => firstWal);
  await pruneWal(
    archive,
    kept.reduce((least, wal) => (segmentNumber(wal) < segmentNumber(least) ? wal : least)),
  );
  return old;
}

/** The number after a segment's number: 256 segments of 16 MiB to each upper half. */
function following(number: string): string {
  const next = (BigInt(`0x${number.slice(0, 8)}`) << 8n) + BigInt(`0x${number.slice(8)}`) + 1n;
  const hex = (part: bigint): string => part.toString(16).toUpperCase().padStart(8, '0');
  return hex(next >> 8n) + hex(next & 0xffn);
}

/** PostgreSQL writes it whenever it starts; taken out of what was restored. */
export const OF_ITS_LAST_START = 'postmaster.opts';

/**
 * The WAL folder of a cluster that lives. Null where it is not there, is of another cluster,
 * or came from a restore and was never started.
 */
export async function walOf(data: string, archive: string): Promise<string | null> {
  const control = await open(join(data, 'global', 'pg_control')).catch(() => null);
  if (!control) return null;
  try {
    // The file begins with the system identifier, in this machine's byte order.
    const { buffer } = await control.read(Buffer.alloc(8), 0, 8, 0);
    const wal = join(data, 'pg_wal');
    const isTheSame = buffer.readBigUInt64LE().toString() === basename(archive);
    return isTheSame && existsSync(wal) && existsSync(join(data, OF_ITS_LAST_START)) ? wal : null;
  } finally {
    await control.close();
  }
}
