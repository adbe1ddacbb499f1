import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { between, chance } from '@mizan/process/trial';
import type { Fault } from './fault.js';
import type { BreakablePostgres } from './servers.js';
import type { Stand } from './stand.js';

// What happens to a store: processes that die, a disk that errs or is full, a line that is slow or dead.

const run = promisify(execFile);
const now = (): number => performance.now();
const EFFECT_TIMEOUT_MS = 60_000;

/** @throws when it does not come to pass: a fault without effect proves nothing. */
async function until(what: string, happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = now() + EFFECT_TIMEOUT_MS;
  while (!(await happened())) {
    if (now() > deadline) throw new Error(`${what}: that did not happen within ${EFFECT_TIMEOUT_MS / 1000} s.`);
    await sleep(10);
  }
}

const backendsOfTransfers = async (stand: Stand): Promise<number[]> =>
  (await stand.ask<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE usename = 'mizan_transfers' ORDER BY state_change DESC`)).map(
    ({ pid }) => pid,
  );

/** One process of PostgreSQL dies: PostgreSQL ends all others and recovers by itself. */
const killedBackend: Fault = {
  name: 'kill -9 of a PostgreSQL backend',
  touches: ['PostgreSQL', 'transfers'],
  strike: async (stand) => {
    const [backend] = await backendsOfTransfers(stand);
    process.kill(backend!, 'SIGKILL');
    return now();
  },
};

const killedPostgres: Fault = {
  name: 'kill -9 of all of PostgreSQL',
  touches: ['PostgreSQL'],
  strike: async ({ postgres }) => {
    await postgres.killWhole();
    await sleep(2_000);
    const over = now();
    await postgres.start();
    return over;
  },
};

const panics = async ({ logFile }: BreakablePostgres): Promise<number> => (await readFile(logFile, 'utf8')).split('PANIC:').length - 1;

/** The kernel says that the log could not be written: PostgreSQL cannot know what of the commit is on the disk, and gives itself up. */
const failedSync: Fault = {
  name: 'I/O error in a commit',
  touches: ['PostgreSQL', 'transfers'],
  lacking: async () => {
    // A build machine can have it installed.
    if (!(await runs('strace', '-V'))) return process.env.CI ? null : 'there is no strace';
    return (await runs('strace', '-o', '/dev/null', 'true')) ? null : 'this machine lets no process trace another';
  },
  strike: async (stand) => {
    const before = await panics(stand.postgres);
    const traced = (await backendsOfTransfers(stand)).flatMap((pid) => ['-p', String(pid)]);
    const inject = ['-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO:when=1'];
    const strace = spawn('strace', [...inject, ...traced], { stdio: 'ignore' });
    try {
      await until('PostgreSQL gives itself up', async () => (await panics(stand.postgres)) > before);
      return now();
    } finally {
      strace.kill();
    }
  },
};

/** Room beside what the cluster takes, bytes: less than two files of its log. */
const ROOM = 24 * 1024 * 1024;

const fullDisk: Fault = {
  name: 'disk full',
  touches: ['PostgreSQL'],
  lacking: async () => {
    if (process.getuid?.() !== 0) return 'only root may mount a small disk';
    return (await runs('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt')) ? null : 'no tmpfs can be mounted';
  },
  strike: async ({ postgres, clients }) => {
    await postgres.stop();
    await moveToSmallDisk(postgres);
    try {
      await postgres.start();
      await clients.acknowledgedAfter(now());
      const ballast = join(postgres.data, 'ballast');
      const refused = clients.tries.refused + clients.tries.unknown;
      // What the server frees meanwhile is taken, too.
      await until('Clients are refused', () => {
        fill(ballast);
        return clients.tries.refused + clients.tries.unknown > refused + 5;
      });
      await sleep(1_000);
      await unlink(ballast);
      const over = now();
      if (!postgres.runs) await postgres.start();
      await clients.acknowledgedAfter(over);
      return over;
    } finally {
      await postgres.stop();
      await moveBack(postgres);
      await postgres.start();
    }
  },
};

async function moveToSmallDisk({ data }: BreakablePostgres): Promise<void> {
  const { uid, gid, mode } = await stat(data);
  const bytes = Number((await run('du', ['-sb', data])).stdout.split('\t')[0]);
  await rename(data, `${data}.large`);
  await mkdir(data);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes + ROOM}`, 'tmpfs', data]);
  await chown(data, uid, gid);
  await chmod(data, mode & 0o7777);
  await run('cp', ['-a', `${data}.large/.`, data]);
}

async function moveBack({ data }: BreakablePostgres): Promise<void> {
  await rm(`${data}.large`, { recursive: true });
  await run('cp', ['-a', data, `${data}.large`]);
  await run('umount', [data]);
  await rmdir(data);
  await rename(`${data}.large`, data);
}

/** Takes what is left of a disk, to the last byte. */
function fill(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (const size of [1024 * 1024, 4096, 1]) {
      const piece = Buffer.alloc(size, 1);
      try {
        for (;;) if (writeSync(descriptor, piece) < size) break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

const slowStore: Fault = {
  name: 'slow database',
  touches: ['PostgreSQL'],
  strike: async ({ line, clients }) => {
    const draw = chance(7);
    line.slow(() => between(draw, 200, 500));
    const since = now();
    await sleep(6_000);
    line.slow(null);
    const over = now();
    // Slow is not broken: work goes on, a little at a time.
    await clients.acknowledgedAfter(since);
    return over;
  },
};

const deadLine: Fault = {
  name: 'a dead line to the database',
  touches: ['PostgreSQL'],
  strike: async ({ line }) => {
    line.die();
    await sleep(6_000);
    line.mend();
    return now();
  },
};

async function runs(file: string, ...args: string[]): Promise<boolean> {
  return run(file, args).then(
    () => true,
    () => false,
  );
}

export const storeFaults: readonly Fault[] = [killedBackend, killedPostgres, failedSync, fullDisk, slowStore, deadLine];
