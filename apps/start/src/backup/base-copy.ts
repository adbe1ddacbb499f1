import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARCHIVE_FILE, syncFolder } from '@mizan/embedded';
import type { CopiedFile } from './manifest.js';
import { BackupProblem } from './problem.js';

/** What a data directory holds and a copy of it needs, in paths with `/`. */
interface Content {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Of these the folder alone: the WAL comes from the archive, the rest is of the running server. */
const EMPTIED = /^pg_(wal|replslot|dynshmem|notify|serial|snapshots|stat_tmp|subtrans)$/;
/** Of the running server, or of an earlier backup or restore. */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*|(backup_label|tablespace_map)(\.old)?|(recovery|standby)\.signal|.*\.new)$/;
const CONTROL = 'global/pg_control';
const AT_ONCE = 4;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies the data directory of a server that runs, between its `pg_backup_start` and `pg_backup_stop`, and flushes every file.
 * Files may change, grow and go meanwhile: the WAL brings them to one moment.
 */
export async function copyRunningCluster(
  data: string,
  target: string,
): Promise<{ folders: readonly string[]; files: readonly CopiedFile[] }> {
  const { folders, files } = await contentOf(data);
  await makeFolders(target, folders);
  const copied: CopiedFile[] = [];
  await side(
    files.filter((path) => path !== CONTROL),
    async (path) => {
      const copy = await copyFile(join(data, path), join(target, path));
      if (copy) copied.push({ path, ...copy });
    },
  );
  copied.push(await copyControl(data, target));
  await syncFolders(target, folders);
  return { folders, files: copied.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * Lays a copy out as a data directory.
 * @param own makes each path the server's.
 * @throws BackupProblem for the first file that is not what the manifest says.
 */
export async function layOut(
  { folders, files }: { readonly folders: readonly string[]; readonly files: readonly CopiedFile[] },
  source: string,
  target: string,
  own: (path: string) => Promise<void>,
): Promise<void> {
  await makeFolders(target, folders);
  for (const path of ['', ...folders]) await own(join(target, path));
  await side(files, async ({ path, bytes, sha256 }) => {
    const file = join(source, path);
    const copy = await copyFile(file, join(target, path));
    if (!copy) throw new BackupProblem(`${file} is missing: this backup cannot be used`);
    if (copy.bytes !== bytes || copy.sha256 !== sha256)
      throw new BackupProblem(`${file} is damaged: it is not what was backed up. This backup cannot be used`);
    await own(join(target, path));
  });
  await syncFolders(target, folders);
}

async function contentOf(data: string): Promise<Content> {
  const folders: string[] = [];
  const files: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(data, folder), { withFileTypes: true })) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (LEFT_OUT.test(entry.name) || path === ARCHIVE_FILE) continue;
      if (entry.isDirectory()) {
        folders.push(path);
        if (!EMPTIED.test(path)) await look(path);
      } else if (entry.isFile()) files.push(path);
      else throw new BackupProblem(`${join(data, path)} leads out of the data directory; a backup covers the directory alone`);
    }
  };
  await look('');
  return { folders, files };
}

async function makeFolders(target: string, folders: readonly string[]): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const path of folders) await mkdir(join(target, path), { mode: 0o700 });
}

async function syncFolders(target: string, folders: readonly string[]): Promise<void> {
  for (const path of [...folders, '']) await syncFolder(join(target, path));
  await syncFolder(dirname(target));
}

/** Null where the file is not there (any more). */
async function copyFile(source: string, target: string): Promise<Omit<CopiedFile, 'path'> | null> {
  const from = await open(source, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!from) return null;
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead === 0) break;
        const read = chunk.subarray(0, bytesRead);
        hash.update(read);
        await to.writeFile(read);
        bytes += bytesRead;
      }
      await to.sync();
      return { bytes, sha256: hash.digest('hex') };
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Written in place while the server runs, and without WAL: taken when two looks at it agree. */
async function copyControl(data: string, target: string): Promise<CopiedFile> {
  let seen = await readFile(join(data, CONTROL));
  for (;;) {
    await sleep(10);
    const again = await readFile(join(data, CONTROL));
    if (again.equals(seen)) break;
    seen = again;
  }
  const to = await open(join(target, CONTROL), 'wx', 0o600);
  try {
    await to.writeFile(seen);
    await to.sync();
  } finally {
    await to.close();
  }
  return { path: CONTROL, bytes: seen.length, sha256: createHash('sha256').update(seen).digest('hex') };
}

/** A few at a time: most of the time is spent waiting for the disk. */
async function side<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
