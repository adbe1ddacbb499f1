import { existsSync } from 'node:fs';
import { open, readFile, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ADMINISTRATOR,
  ARCHIVE_FILE,
  RESTORED,
  type RecoveringPostgres,
  type RecoveryEnd,
  describeExit,
  guiseFor,
  lastError,
  postgresBinaries,
  recoverPostgres,
  syncFolder,
  writeDurably,
} from '@mizan/embedded';
import pg from 'pg';
import { OF_ITS_LAST_START, baseFolder, gapAfter, lineOf, walOf } from './backups.js';
import { layOut } from './base-copy.js';
import { type LedgerBooks, checksums, ledgerPositions } from './books.js';
import { type Backup, bytesOf } from './manifest.js';
import { BackupProblem } from './problem.js';
import { type LedgerTarget, type Target, chooseBackup, isNamed, positionIn } from './target.js';

export interface RestoreOrder {
  readonly archive: string;
  /** The folder that holds the cluster in `data/`, where there is one. */
  readonly postgres: string;
  /** The broker's data, whose topics may be ahead of the books that come back. It goes; read models fill the gap from the journal. */
  readonly kafka: string;
  readonly database: string;
  readonly logFile: string;
  readonly target: Target;
  /** The number of a history that an earlier restore left; null: the one of the books as they are now. */
  readonly history: number | null;
  /** What the administrator shall log in with. */
  readonly password: string;
  /** Whether the restored cluster writes to this archive from now on: a second one that lived from the same archive would pass for the first. */
  readonly goesOn: boolean;
  /** Restores beside the cluster, reads the books, and leaves everything as it was. */
  readonly drill: boolean;
  readonly step: (text: string) => void;
}

export interface Restored {
  readonly backup: string;
  readonly ledgers: readonly LedgerBooks[];
  /** Where the cluster that was replaced lies now; null where there was none, or it was a drill. */
  readonly before: string | null;
  /** Where its WAL is kept from now on; null: nowhere, until the next backup. */
  readonly archive: string | null;
}

/** So much must stay free beside the restored files. */
const SPARE_BYTES = 1024 ** 3;
const POLL_MS = 100;

/**
 * Builds a data directory from the newest backup before the target, recovers it to there and puts it in the place of the old one, which is set aside.
 * Nobody may use the cluster meanwhile.
 * @throws BackupProblem; then everything is as it was.
 */
export async function restore(order: RestoreOrder): Promise<Restored> {
  const { archive, postgres, target, drill, step } = order;
  const wal = await walOf(join(postgres, 'data'), archive);
  const line = await lineOf(archive, order.history, wal);
  const backup = chooseBackup(line.backups, target);
  const scratch = join(postgres, drill ? 'drill.new' : RESTORED);
  await requireRoom(postgres, bytesOf(backup));
  const recovery = new Recovery(order, line.timeline, backup, scratch, drill ? null : wal);
  if (target === 'latest') await recovery.requireNoGap();
  try {
    const end = await recovery.endFor(target);
    step(`recovering from backup ${backup.id}`);
    const ledgers = await recovery.run(end);
    if (drill) return { backup: backup.id, ledgers, before: null, archive: null };
    await recovery.prepareToLive();
    await rm(order.kafka, { recursive: true, force: true });
    return { backup: backup.id, ledgers, before: await takePlace(postgres, scratch), archive: order.goesOn ? archive : null };
  } catch (error) {
    // What is left of it would keep the next start from making a new cluster in the place of one that was lost.
    if (existsSync(join(postgres, 'data')) || drill) await removeCluster(scratch);
    throw error;
  } finally {
    if (drill) await removeCluster(scratch);
  }
}

class Recovery {
  constructor(
    private readonly order: RestoreOrder,
    private readonly timeline: number,
    private readonly backup: Backup,
    private readonly data: string,
    private readonly walBefore: string | null,
  ) {}

  /** Where PostgreSQL shall end for a target. That of a position is known by the transaction that wrote it, and this is looked for in a recovery of its own. */
  async endFor(target: Target): Promise<RecoveryEnd> {
    if (target === 'latest') return 'latest';
    if ('time' in target) return target;
    if (positionIn(this.backup, target) === target.position) return 'immediate';
    this.order.step(`looking for ${target.ledger}@${target.position}`);
    const server = await this.#start('latest');
    try {
      return { xid: await this.#transactionOf(target, server) };
    } finally {
      await server.stop();
    }
  }

  /** Recovers, compares the books with what the backup noted, and stops cleanly. */
  async run(end: RecoveryEnd): Promise<readonly LedgerBooks[]> {
    const server = await this.#start(end);
    try {
      const client = await this.#recovered(server);
      try {
        this.order.step('reading the books');
        const ledgers = await this.#books(client);
        if (!this.order.goesOn) await client.query('ALTER SYSTEM RESET archive_timeout');
        await client.query(`ALTER ROLE ${ADMINISTRATOR} PASSWORD ${pg.escapeLiteral(this.order.password)}`);
        return ledgers;
      } finally {
        await client.end();
      }
    } finally {
      await server.stop();
    }
  }

  /** Where it goes on archiving, the archive learns of the timeline that begins with it. */
  async prepareToLive(): Promise<void> {
    await rm(join(this.data, OF_ITS_LAST_START), { force: true });
    if (!this.order.goesOn) return;
    await writeDurably(join(this.data, ARCHIVE_FILE), `${this.order.archive}\n`);
    const wal = join(this.data, 'pg_wal');
    const histories = (await readdir(wal)).filter((name) => name.endsWith('.history')).sort();
    const guise = await guiseFor((await postgresBinaries()).initdb, this.data);
    const ready = join(wal, 'archive_status', `${histories.at(-1)}.ready`);
    await writeFile(ready, '', { mode: 0o600 });
    await guise.own(ready);
    await guise.own(join(this.data, ARCHIVE_FILE));
  }

  async requireNoGap(): Promise<void> {
    const gap = await this.#gap();
    if (gap)
      throw new BackupProblem(
        `The WAL file ${gap} is missing in ${this.order.archive}. What came after it cannot be restored; a place before it can: --to or --to-time`,
      );
  }

  async #start(end: RecoveryEnd): Promise<RecoveringPostgres> {
    const { archive, logFile } = this.order;
    const { initdb } = await postgresBinaries();
    await removeCluster(this.data);
    const guise = await guiseFor(initdb, this.data);
    await layOut(this.backup, join(baseFolder(archive, this.backup.id), 'data'), this.data, (path) => guise.own(path));
    // The log of this recovery alone: its last error is what a failure quotes.
    await (await open(logFile, 'w', 0o600)).close();
    const options = {
      data: this.data,
      logFile,
      archive,
      timeline: this.timeline,
      end,
      ...(this.walBefore ? { walBefore: this.walBefore } : {}),
    };
    return recoverPostgres(options).catch(async (error: unknown) => {
      throw await this.#explained((error as Error).message);
    });
  }

  /** The id of the transaction that wrote a position, which every row carries. Reads while the recovery goes on. */
  async #transactionOf(target: LedgerTarget, server: RecoveringPostgres): Promise<string> {
    const client = await this.#connect(server);
    try {
      for (;;) {
        const ended = await isRecovered(client);
        const ledgers = (await ledgerPositions(client)).filter((one) => isNamed(one, target.ledger));
        if (ledgers.length > 1)
          throw new BackupProblem(
            `Several tenants have a ledger ${target.ledger}. Name one: ${ledgers.map(({ tenant, id }) => `${tenant}/${id}`).join(', ')}`,
          );
        const ledger = ledgers[0];
        if (ledger && ledger.position >= target.position) {
          const { rows } = await client.query<{ xid: string }>(
            'SELECT xmin::text AS xid FROM journal.events WHERE stream = $1 AND version = $2',
            [ledger.stream, target.position],
          );
          return rows[0]!.xid;
        }
        if (ended) {
          const gap = await this.#gap();
          const why = gap ? `, where the WAL file ${gap} is missing` : '';
          throw new BackupProblem(
            `${target.ledger}@${target.position} is not in ${this.order.archive}: ${ledger ? `it reaches ${target.ledger}@${ledger.position}` : `it holds no ledger ${target.ledger}`}${why}`,
          );
        }
        await sleep(POLL_MS);
      }
    } catch (error) {
      throw error instanceof BackupProblem ? error : await this.#failure(server, error);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async #recovered(server: RecoveringPostgres): Promise<pg.Client> {
    const client = await this.#connect(server);
    try {
      while (!(await isRecovered(client))) await sleep(POLL_MS);
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw await this.#failure(server, error);
    }
  }

  /** Every ledger as it came back. @throws where the part that the backup noted is another. */
  async #books(client: pg.Client): Promise<readonly LedgerBooks[]> {
    const books: LedgerBooks[] = [];
    for (const ledger of await ledgerPositions(client)) {
      const noted = this.backup.ledgers.find(({ stream }) => stream === ledger.stream);
      const [then, now] = await checksums(client, ledger.stream, [noted?.position ?? 0, ledger.position]);
      if (noted && then !== noted.checksum)
        throw new BackupProblem(
          `${ledger.id} came back changed: up to position ${noted.position} its checksum is ${then}, and the backup noted ${noted.checksum}`,
        );
      books.push({ ...ledger, checksum: now! });
    }
    return books;
  }

  async #connect(server: RecoveringPostgres): Promise<pg.Client> {
    return server.connect(this.order.database).catch(async (error: unknown) => {
      throw await this.#failure(server, error);
    });
  }

  /** A server that gives up closes its connections: its log knows why. */
  async #failure(server: RecoveringPostgres, error: unknown): Promise<Error> {
    const exit = await Promise.race([server.exited, sleep(5_000)]);
    return exit ? this.#explained(`PostgreSQL stopped during the recovery (${describeExit(exit)})`) : (error as Error);
  }

  async #explained(message: string): Promise<Error> {
    const { archive, logFile } = this.order;
    const log = await readFile(logFile, 'utf8');
    // What `restore-wal` says comes first: PostgreSQL only quotes its exit code.
    const said = /^ERROR: (.+?)\.?$/m.exec(log)?.[1];
    if (said) return new BackupProblem(`${said}. What came after it cannot be restored`);
    const gap = await this.#gap();
    if (gap) return new BackupProblem(`The target was not reached: the WAL file ${gap} is missing in ${archive}`);
    if (/before configured recovery target was reached/.test(log))
      return new BackupProblem(
        'The target was not reached: the archive ends before it. Without --to-time everything that is there is restored',
      );
    return new BackupProblem(message.includes(logFile) ? message : `${message}: ${lastError(logFile)}  See ${logFile}`);
  }

  async #gap(): Promise<string | null> {
    return gapAfter(this.order.archive, this.backup, this.walBefore ? await readdir(this.walBefore) : []);
  }
}

async function isRecovered(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ recovering: boolean }>('SELECT pg_is_in_recovery() AS recovering');
  return !rows[0]!.recovering;
}

/** Also one whose server was killed a moment ago: its processes may still be writing. */
const removeCluster = (data: string): Promise<void> => rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });

/** @returns where the old cluster lies now, or null where there was none. */
async function takePlace(postgres: string, restored: string): Promise<string | null> {
  const data = join(postgres, 'data');
  const before = existsSync(data) ? `${data}.before-${new Date().toISOString().replace(/\.\d+/, '').replaceAll(':', '-')}` : null;
  if (before) await rename(data, before);
  await rename(restored, data);
  await syncFolder(postgres);
  return before;
}

async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const needed = bytes + SPARE_BYTES;
  const gigabytes = (count: number): string => `${(count / 1024 ** 3).toFixed(1)} GB`;
  if (bavail * bsize < needed)
    throw new BackupProblem(`${gigabytes(bavail * bsize)} free, ${gigabytes(needed)} needed in ${folder}. Make room first`);
}
