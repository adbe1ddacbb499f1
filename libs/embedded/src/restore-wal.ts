// PostgreSQL's restore_command: node restore-wal.js <name> <where to> <archive> [pg_wal of the cluster that is replaced]
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keptWal } from './wal-archive.js';

/** PostgreSQL goes on without the file: the WAL ends here. */
const NOT_THERE = 1;
/** PostgreSQL gives up: above 125 it is no answer but a failure. */
const FAILED = 200;

const [name = '', target = '', archive = '', before] = process.argv.slice(2);
try {
  const content = await keptWal(name, archive);
  if (content) await writeFile(target, content);
  else if (before) await copyFile(join(before, name), target);
  else process.exitCode = NOT_THERE;
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.exitCode = code === 'ENOENT' ? NOT_THERE : FAILED;
  if (process.exitCode === FAILED) console.error(`ERROR: ${message}`);
}
