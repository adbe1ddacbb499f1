import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ADMINISTRATOR, clusterSettings, ownProgram, postgresBinaries, quoted } from './postgres.js';
import { type ServerProcess, dieWithParent, startServerProcess, waitUntilReady } from './server-process.js';
import { guiseFor } from './unprivileged.js';

/** Where a recovery ends: after the last WAL there is; with the base backup; with the commit of a transaction; before the first commit after a time (RFC 3339, UTC). */
export type RecoveryEnd = 'latest' | 'immediate' | { readonly xid: string } | { readonly time: string };

export interface RecoveryOptions {
  /** A copy of a data directory, with its backup_label. */
  readonly data: string;
  readonly logFile: string;
  readonly archive: string;
  /** The pg_wal folder of the cluster that is replaced, for what the archive does not have yet. */
  readonly walBefore?: string;
  /** The timeline to follow. */
  readonly timeline: number;
  readonly end: RecoveryEnd;
}

export interface RecoveringPostgres extends ServerProcess {
  /** A connection as the administrator; reads alone until the recovery has ended. */
  connect(database: string): Promise<pg.Client>;
}

/** The longest recovery until its base backup is whole: some 16 MB of WAL a second on a slow machine. */
const CONSISTENT_TIMEOUT_MS = 30 * 60_000;

/**
 * Recovers a copied cluster from the archive, reachable only through a socket in a folder of its owner's, without a password.
 * Resolves when the base backup is whole and can be read; the recovery goes on, and ends in a cluster that takes writes.
 * @throws where WAL is missing before that, or the end lies before it: the message quotes PostgreSQL.
 */
export async function recoverPostgres(options: RecoveryOptions): Promise<RecoveringPostgres> {
  const { data, logFile } = options;
  const binaries = await postgresBinaries();
  const guise = await guiseFor(binaries.initdb, data);
  const door = await mkdtemp(join(tmpdir(), 'mizan-recovery-'));
  await guise.own(door);
  const access = join(door, 'access.conf');
  await writeFile(access, 'local all all trust\n');
  const signal = join(data, 'recovery.signal');
  await writeFile(signal, '', { mode: 0o600 });
  await guise.own(signal);
  const command = {
    name: 'PostgreSQL',
    command: [
      ...guise.prefix,
      ...(await dieWithParent('INT')),
      binaries.postgres,
      ...['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${door}`, '-c', `hba_file=${access}`],
      ...[
        '-c',
        `restore_command=${restoreCommand(options)}`,
        '-c',
        `recovery_target_timeline=${options.timeline}`,
        ...recoveryTarget(options.end),
      ],
      ...clusterSettings,
    ],
    logFile,
    stopSignal: 'SIGINT' as const,
  };
  const server = startServerProcess(command);
  void server.exited.then(() => rm(door, { recursive: true, force: true }));
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: door, user: ADMINISTRATOR, database, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  await waitUntilReady(command, server, CONSISTENT_TIMEOUT_MS, () =>
    connect('postgres').then(
      (client) => client.end().then(() => true as const),
      (error: unknown) => String(error),
    ),
  );
  return { ...server, connect };
}

function restoreCommand({ archive, walBefore }: RecoveryOptions): string {
  const folders = [archive, ...(walBefore ? [walBefore] : [])].map(quoted).join(' ');
  return `${ownProgram('restore-wal')} "%f" "%p" ${folders}`;
}

function recoveryTarget(end: RecoveryEnd): readonly string[] {
  if (end === 'latest') return [];
  const target =
    end === 'immediate'
      ? 'recovery_target=immediate'
      : 'xid' in end
        ? `recovery_target_xid=${end.xid}`
        : `recovery_target_time=${end.time.replace('T', ' ').replace('Z', '+00')}`;
  return ['-c', target, '-c', 'recovery_target_action=promote'];
}
