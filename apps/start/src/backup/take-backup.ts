import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARCHIVE_FILE, keepWal, keptWal, makeWalFolder, syncFolder, writeDurably } from '@mizan/embedded';
import type pg from 'pg';
import { archiveOf, baseFolder, pruneBackups } from './backups.js';
import { copyRunningCluster } from './base-copy.js';
import { type LedgerBooks, type LedgerPosition, checksums, ledgerPositions } from './books.js';
import { type Backup, type CopiedFile, writeManifest } from './manifest.js';
import { BackupProblem } from './problem.js';
import { timelineOf } from './timelines.js';

export interface BackupOrder {
  /** A connection of the administrator's to the database that holds the journal. */
  readonly client: pg.Client;
  /** The server's data directory. */
  readonly data: string;
  /** The folder of all clusters' backups; null: the one that the archive is in already, or else `ordinary`. */
  readonly to: string | null;
  readonly ordinary: string;
  readonly keep: number;
  readonly step: (text: string) => void;
}

export interface TakenBackup {
  readonly backup: Backup;
  readonly folder: string;
  readonly removed: readonly string[];
}

/** Taken last by every append and held until its commit: whoever holds it knows that none commits meanwhile. See libs/event-store-postgres/migrations. */
const FEED_LOCK = 'pg_advisory_xact_lock(741002, 0)';
const BACKUP_LOCK = 'pg_try_advisory_lock(741003, 0)';
const NOW = `to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const LOCK_TIMEOUT_MS = 30_000;
/** What a lost disk may cost: a WAL file that is not full is handed over after this long. */
const ARCHIVE_TIMEOUT = '60s';
const ARCHIVED_WITHIN_MS = 120_000;

/**
 * Copies the cluster while it runs and waits until the WAL that makes the copy whole is in the archive.
 * From the first backup on, all WAL is archived.
 */
export async function takeBackup(order: BackupOrder): Promise<TakenBackup> {
  const { client, data, keep, step } = order;
  const server = await one<{ system: string; version: string; archives: string; free: boolean; id: string; begun: string }>(
    client,
    `SELECT system_identifier::text AS system, current_setting('server_version') AS version, current_setting('archive_mode') AS archives,
       ${BACKUP_LOCK} AS free, to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24-MI-SS"Z"') AS id, ${NOW} AS begun FROM pg_control_system()`,
  );
  if (!server.free) throw new BackupProblem('Another backup of this cluster is being taken');
  if (server.archives !== 'on') throw new BackupProblem('This server was started without an archive. Start it again: npm start');
  if (await keptElsewhere(client)) throw new BackupProblem(ELSEWHERE);
  const archive = await beginArchive(order, server.system);

  const folder = baseFolder(archive, server.id);
  const unfinished = `${folder}.new`;
  if (existsSync(folder)) throw new BackupProblem(`${folder} is there already; wait a second`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    step('copying');
    const { wal: firstWal } = await one<{ wal: string }>(client, `SELECT pg_walfile_name(pg_backup_start('mizan', fast => true)) AS wal`);
    const { folders, files } = await copyRunningCluster(data, join(unfinished, 'data'));
    const end = await becomeWhole(client);
    await writeDurably(join(unfinished, 'data', 'backup_label'), end.label);
    step('waiting for the archive');
    await archived(client, end.lastWal, archive);
    step('reading the books');
    const ledgers = await withChecksums(client, end.ledgers);
    const backup: Backup = {
      format: 1,
      id: server.id,
      postgresVersion: server.version,
      systemIdentifier: server.system,
      firstWal,
      lastWal: end.lastWal,
      wholeAt: end.wholeAt,
      begunAt: server.begun,
      endedAt: end.endedAt,
      ledgers,
      folders,
      files: [...files, described('backup_label', end.label)],
    };
    await writeManifest(unfinished, backup);
    await rename(unfinished, folder);
    await syncFolder(baseFolder(archive));
    return { backup, folder, removed: await pruneBackups(archive, keep, timelineOf(end.lastWal)) };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** From now on the server keeps its WAL. @returns the folder of this cluster's backups. */
async function beginArchive({ client, data, to, ordinary }: BackupOrder, system: string): Promise<string> {
  const file = join(data, ARCHIVE_FILE);
  const before = await archiveOf(data);
  const archive = to === null ? (before ?? join(ordinary, system)) : join(to, system);
  await mkdir(baseFolder(archive), { recursive: true, mode: 0o700 });
  await makeWalFolder(archive);
  // How the books came to their timeline was told to the archive of that time.
  const wal = join(data, 'pg_wal');
  for (const name of await readdir(wal)) if (name.endsWith('.history')) await keepWal(join(wal, name), archive);
  if (archive !== before) await writeDurably(file, `${archive}\n`);
  await client.query(`ALTER SYSTEM SET archive_timeout = '${ARCHIVE_TIMEOUT}'`);
  await client.query('SELECT pg_reload_conf()');
  return archive;
}

interface Whole {
  readonly label: string;
  readonly wholeAt: string;
  readonly lastWal: string;
  readonly endedAt: string;
  readonly ledgers: readonly LedgerPosition[];
}

/** Ends the backup while no append commits, so that the positions are those of the copy, to the event. */
async function becomeWhole(client: pg.Client): Promise<Whole> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`SELECT ${FEED_LOCK}`);
  const ledgers = await ledgerPositions(client);
  const end = await one<Omit<Whole, 'ledgers'>>(
    client,
    `SELECT labelfile AS label, lsn::text AS "wholeAt", pg_walfile_name(lsn) AS "lastWal", ${NOW} AS "endedAt"
     FROM pg_backup_stop(wait_for_archive => false)`,
  );
  await client.query('COMMIT');
  return { ...end, ledgers };
}

/** Resolves when a WAL file is in the archive, and with it all before it. */
async function archived(client: pg.Client, wal: string, archive: string): Promise<void> {
  const deadline = performance.now() + ARCHIVED_WITHIN_MS;
  while ((await keptWal(wal, archive)) === null) {
    if (performance.now() > deadline) {
      const { failed } = await one<{ failed: string | null }>(client, 'SELECT last_failed_wal AS failed FROM pg_stat_archiver');
      throw new BackupProblem(`PostgreSQL could not put ${failed ?? wal} into ${archive}; its log says why`);
    }
    await sleep(100);
  }
}

async function withChecksums(client: pg.Client, ledgers: readonly LedgerPosition[]): Promise<readonly LedgerBooks[]> {
  const books: LedgerBooks[] = [];
  for (const ledger of ledgers) books.push({ ...ledger, checksum: (await checksums(client, ledger.stream, [ledger.position]))[0]! });
  return books;
}

function described(path: string, text: string): CopiedFile {
  return { path, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** Whether this database's journals lie in another store, so that a copy of it would be one without them. */
async function keptElsewhere(client: pg.Client): Promise<boolean> {
  const { table } = await one<{ table: string | null }>(client, `SELECT to_regclass('transfers.journals_kept_in')::text AS table`);
  if (table === null) return false;
  const { rows } = await client.query<{ store: string }>('SELECT store FROM transfers.journals_kept_in');
  return rows.some(({ store }) => store !== 'postgres');
}
const ELSEWHERE =
  'The journals of this platform are kept in EventStoreDB, which mizan backup does not copy. Stop the services, back up both by their own means, and start again: docs/backup.md says why';

async function one<T extends object>(client: pg.Client, text: string): Promise<T> {
  return (await client.query<T>(text)).rows[0]!;
}
