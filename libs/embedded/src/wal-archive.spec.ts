import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedWal, keepWal, keptWal, makeWalFolder, pruneWal, walFolder, walNames } from './wal-archive.js';

const SEGMENT = '000000010000000000000004';
const roomy = { archivedBytes: 1e9, waiting: 2 };

let folder: string;
let archive: string;
let wal: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mizan-wal-'));
  archive = join(folder, 'archive');
  wal = join(folder, 'pg_wal');
  await mkdir(join(wal, 'archive_status'), { recursive: true });
  await makeWalFolder(archive);
});
afterEach(() => rm(folder, { recursive: true }));

async function segment(name: string, content: string): Promise<string> {
  const file = join(wal, name);
  await writeFile(file, content);
  return file;
}

it('keeps a file for its owner alone, gives it back, and takes it a second time without a change', async () => {
  const file = await segment(SEGMENT, 'a '.repeat(100_000));
  expect(await keepWal(file, archive, roomy)).toBe(true);
  expect(await keepWal(file, archive, roomy)).toBe(true);
  expect(await walNames(archive)).toEqual([SEGMENT]);
  expect((await keptWal(SEGMENT, archive))?.toString()).toBe('a '.repeat(100_000));
  expect(await keptWal('000000010000000000000005', archive)).toBeNull();
  const kept = await stat(join(walFolder(archive), `${SEGMENT}.gz`));
  expect(kept.mode & 0o777).toBe(0o600);
  expect(kept.size).toBeLessThan(10_000);
});

it('never puts one file in the place of another', async () => {
  await keepWal(await segment(SEGMENT, 'of this cluster'), archive, roomy);
  await expect(keepWal(await segment(SEGMENT, 'of another'), archive, roomy)).rejects.toThrow(/is there already and holds something else/);
  expect((await keptWal(SEGMENT, archive))?.toString()).toBe('of this cluster');
});

it('knows a file that was damaged', async () => {
  await keepWal(await segment(SEGMENT, 'whole'), archive, roomy);
  const file = join(walFolder(archive), `${SEGMENT}.gz`);
  const content = await readFile(file);
  await writeFile(file, content.subarray(0, content.length - 3));
  await expect(keptWal(SEGMENT, archive)).rejects.toThrow(DamagedWal);
});

it('keeps no more when it is full', async () => {
  const bounds = { archivedBytes: 0, waiting: 2 };
  expect(await keepWal(await segment(SEGMENT, 'first'), archive, bounds)).toBe(true);
  expect(await keepWal(await segment('000000010000000000000005', 'second'), archive, bounds)).toBe(false);
  expect(await walNames(archive)).toEqual([SEGMENT]);
});

it('asks to come again while its folder is away, and lets go only when too much waits', async () => {
  await rm(archive, { recursive: true });
  const file = await segment(SEGMENT, 'first');
  await expect(keepWal(file, archive, roomy)).rejects.toMatchObject({ code: 'ENOENT' });
  for (const name of ['4', '5', '6']) await writeFile(join(wal, 'archive_status', `00000001000000000000000${name}.ready`), '');
  expect(await keepWal(file, archive, roomy)).toBe(false);
});

it('prunes what comes before a segment, on every timeline, and no history', async () => {
  const names = [
    '000000010000000000000003',
    '000000010000000000000003.00000028.backup',
    '000000020000000000000003',
    SEGMENT,
    '00000002.history',
  ];
  for (const name of names) await keepWal(await segment(name, name), archive, roomy);
  expect(await pruneWal(archive, '000000020000000000000004')).toBe(3);
  expect((await readdir(walFolder(archive))).sort()).toEqual([`${SEGMENT}.gz`, '00000002.history.gz']);
});
