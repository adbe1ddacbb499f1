import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const archives = fileURLToPath(new URL('../released', import.meta.url));
const ARCHIVE = '.tgz';

/** What was released once: its compiled services and libraries, ready to run. */
export interface Release {
  /** `0.1.0-1`: the version and the how manieth release of it. */
  readonly name: string;
  /** Laid out like the project itself. */
  readonly directory: string;
  remove(): Promise<void>;
}

/** The names of all releases, the oldest first. */
export async function releases(): Promise<readonly string[]> {
  const names = (await readdir(archives)).filter((file) => file.endsWith(ARCHIVE)).map((file) => basename(file, ARCHIVE));
  return names.sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** Unpacks a release into a temporary folder. @param name without one: the newest. */
export async function unpackRelease(name?: string): Promise<Release> {
  const wanted = name ?? (await releases()).at(-1)!;
  const directory = await mkdtemp(join(tmpdir(), `mizan-${wanted}-`));
  await promisify(execFile)('tar', ['-xzf', join(archives, `${wanted}${ARCHIVE}`), '-C', directory]);
  await linkPackages(directory);
  return { name: wanted, directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * Makes a copy of the project's folders runnable: third-party packages are the project's own, `@mizan/*` are the copy's.
 * Kafka's jars, which a start would fetch, are the project's as well.
 */
export async function linkPackages(directory: string): Promise<void> {
  await linkEach(join(project, 'node_modules'), join(directory, 'node_modules'), (name) => name !== '@mizan');
  await mkdir(join(directory, 'node_modules', '@mizan'));
  for (const kind of ['apps', 'libs']) {
    for (const name of await readdir(join(directory, kind))) {
      const folder = join(directory, kind, name);
      await symlink(folder, join(directory, 'node_modules', '@mizan', name));
      const own = join(project, kind, name, 'node_modules');
      if (existsSync(own)) await linkEach(own, join(folder, 'node_modules'));
    }
  }
  await mkdir(join(directory, '.mizan'));
  await symlink(join(project, '.mizan', 'kafka-jars'), join(directory, '.mizan', 'kafka-jars'));
}

async function linkEach(from: string, to: string, wanted: (name: string) => boolean = () => true): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => wanted(name) && name !== '.cache');
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
}
