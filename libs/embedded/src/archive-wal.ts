// PostgreSQL's archive_command, run in the data directory: node archive-wal.js <path of the WAL file>
import { readFileSync } from 'node:fs';
import { ARCHIVE_FILE, keepWal } from './wal-archive.js';

const [source = ''] = process.argv.slice(2);
const archive = readFileSync(ARCHIVE_FILE, 'utf8').trim();
try {
  if (!(await keepWal(source, archive)))
    console.error(`ERROR: ${source} was not kept in ${archive}: it is full or out of reach. Take a new backup: npx mizan backup`);
} catch (error) {
  // PostgreSQL keeps the file and comes again.
  console.error(`ERROR: ${source} cannot be kept in ${archive} now: ${(error as Error).message}`);
  process.exitCode = 1;
}
