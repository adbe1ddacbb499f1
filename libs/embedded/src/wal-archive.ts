import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

// A folder of WAL files, each compressed under its own name: what makes any moment after a base backup come back.
// PostgreSQL runs `archive-wal.js` for each file that is complete, and `restore-wal.js` for each that a recovery needs.

/** In the data directory: names the folder that WAL is kept in. Without this file none is kept. */
export const ARCHIVE_FILE = 'archive-to';
/** The folder that it names holds WAL here. */
export const walFolder = (archive: string): string => join(archive, 'wal');

/** Beyond this no more is kept until a new backup has made room: a forgotten archive must not fill the disk. */
const MOST_ARCHIVED_BYTES = 10 * 1024 ** 3;
/** How many files (16 MiB each) may wait for a folder that cannot be written before they are let go. */
const MOST_WAITING = 128;
const SUFFIX = '.gz';
/** The first level that makes 16 kB of a segment of zeros, as it is where little was written in its minute. */
const LEVEL = 4;

/** The last 16 digits of a segment's name count the segments, whatever the timeline. */
export const segmentNumber = (name: string): string => name.slice(8, 24);
export const isSegment = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);

/** A file of the archive is not what was put in. */
export class DamagedWal extends Error {}

/**
 * Keeps one file, durably; done again it changes nothing.
 * @returns whether it is kept: false where the archive is full, or its folder has been out of reach for too long.
 * @throws where it cannot be written now, or another file of this name is there.
 */
export async function keepWal(
  source: string,
  archive: string,
  bounds = { archivedBytes: MOST_ARCHIVED_BYTES, waiting: MOST_WAITING },
): Promise<boolean> {
  const folder = walFolder(archive);
  try {
    if ((await bytesIn(folder)) > bounds.archivedBytes) return false;
    const content = await readFile(source);
    const file = join(folder, basename(source) + SUFFIX);
    const kept = await readFile(file).catch(() => null);
    if (kept === null) await writeDurably(file, await promisify(gzip)(content, { level: LEVEL }));
    else if (!(await unpacked(kept, file)).equals(content)) throw new Error(`${file} is there already and holds something else.`);
    return true;
  } catch (error) {
    if ((await waiting(dirname(source))) > bounds.waiting) return false;
    throw error;
  }
}

/** @returns the content of a file, or null where the archive does not have it. @throws DamagedWal */
export async function keptWal(name: string, archive: string): Promise<Buffer | null> {
  const file = join(walFolder(archive), name + SUFFIX);
  const packed = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return packed && unpacked(packed, file);
}

/** The names of all that is kept, in order. */
export async function walNames(archive: string): Promise<readonly string[]> {
  const files = await readdir(walFolder(archive));
  return files.flatMap((file) => (file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : [])).sort();
}

/** Lets go of the segments before one, on every timeline. @returns how many. */
export async function pruneWal(archive: string, first: string): Promise<number> {
  const old = (await walNames(archive)).filter((name) => isSegment(name.slice(0, 24)) && segmentNumber(name) < segmentNumber(first));
  for (const name of old) await rm(join(walFolder(archive), name + SUFFIX));
  return old.length;
}

/** Written beside its place, flushed to the disk, and renamed: it is there whole or not at all. */
export async function writeDurably(file: string, content: string | Buffer): Promise<void> {
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  await syncFolder(dirname(file));
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For its owner alone: it will hold what people wrote. */
export async function makeWalFolder(archive: string): Promise<void> {
  await mkdir(walFolder(archive), { recursive: true, mode: 0o700 });
  await syncFolder(archive);
}

async function unpacked(packed: Buffer, file: string): Promise<Buffer> {
  return promisify(gunzip)(packed).catch((error: unknown) => {
    throw new DamagedWal(`${file} is damaged: ${(error as Error).message}.`, { cause: error });
  });
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** PostgreSQL marks what it has still to hand over with a file `<name>.ready`. */
async function waiting(wal: string): Promise<number> {
  const marks = await readdir(join(wal, 'archive_status')).catch(() => []);
  return marks.filter((name) => name.endsWith('.ready')).length;
}
