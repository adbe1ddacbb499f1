import { statfs } from 'node:fs/promises';
import { shown } from './home.js';
import { StartProblem, exitCodes } from './start-problem.js';

/** A full disk in the middle of a write is worse than no start. */
const NEEDED_BYTES = 2 * 1024 ** 3;

export async function requireDiskSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= NEEDED_BYTES) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1).replace('.0', '')} GB`;
  throw new StartProblem(
    `${gigabytes(free)} free, ${gigabytes(NEEDED_BYTES)} needed in ${shown(directory)}. Make room, or keep it elsewhere: MIZAN_HOME=<folder> npm start`,
    exitCodes.diskFull,
  );
}
