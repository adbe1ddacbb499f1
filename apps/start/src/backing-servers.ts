import pg from 'pg';
import { KAFKA_VERSION, MissingTool, haveKafkaJars, kafkaJars, startKafka, startPostgres } from '@mizan/embedded';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOf } from './backup/backups.js';
import type { Bus } from './bus.js';
import { type Home, shown } from './home.js';
import type { Report } from './report.js';
import { password } from './secrets.js';
import type { Settings } from './settings.js';
import { StartProblem, exitCodes } from './start-problem.js';
import type { Supervisor } from './supervisor.js';

/** That holds every schema. */
export const DATABASE = 'mizan';

/** PostgreSQL, embedded or the one that DATABASE_URL names. @returns the administrator's URL. */
export async function postgres(settings: Settings, home: Home, port: number, supervisor: Supervisor, report: Report): Promise<string> {
  const step = report.step('PostgreSQL');
  if (settings.databaseUrl) {
    const { server_version: version } = await query(settings.databaseUrl, 'SHOW server_version').catch((error: unknown) => {
      throw new StartProblem(`DATABASE_URL cannot be used: ${String(error)}`, undefined, { cause: error });
    });
    step.done(`${version}, ${new URL(settings.databaseUrl).host} (DATABASE_URL)`);
    return settings.databaseUrl;
  }
  const logFile = join(home.logs, 'postgres.log');
  const server = await startPostgres({
    dataDirectory: home.postgres,
    logFile,
    port,
    password: await password(home, 'postgres'),
    onSpawn: (process) => supervisor.takeServer('PostgreSQL', process, logFile),
  });
  const archive = await archiveOf(join(home.postgres, 'data'));
  if (archive && !existsSync(archive))
    report.line(`  ! backups go to ${archive}, which is not there: bring it back, or take one elsewhere: npx mizan backup --to <folder>`);
  const { server_version: version } = await query(server.url, 'SHOW server_version');
  const { exists } = await query(server.url, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = '${DATABASE}')`);
  if (!exists) await query(server.url, `CREATE DATABASE ${DATABASE}`);
  step.done(`${version}, 127.0.0.1:${port}, data in ${shown(home.postgres)}`);
  const url = new URL(server.url);
  url.pathname = `/${DATABASE}`;
  return url.href;
}

/** Kafka, embedded or the cluster that KAFKA_BROKERS names. @returns its brokers; none where events go over the feed alone. */
export async function kafka(
  bus: Bus,
  settings: Settings,
  home: Home,
  port: number,
  supervisor: Supervisor,
  report: Report,
): Promise<readonly string[]> {
  const step = report.step('Kafka');
  if (bus.name === 'feed') {
    step.noted(`not started (BUS=feed): ${bus.lacking ?? "services follow the store's own feed"}`);
    return [];
  }
  if (settings.brokers) {
    step.done(`${settings.brokers.join(', ')} (KAFKA_BROKERS)`);
    return settings.brokers;
  }
  const fetched = !(await haveKafkaJars());
  if (fetched) step.progress('downloading, once');
  const jarsDirectory = await kafkaJars().catch((error: unknown) => {
    if (!(error instanceof MissingTool)) throw error;
    throw new StartProblem(`Kafka: ${error.message}, or BUS=feed to go without`, exitCodes.missingTool, { cause: error });
  });
  step.progress('');
  const logFile = join(home.logs, 'kafka.log');
  const { brokers } = await startKafka({
    directory: home.kafka,
    logFile,
    port,
    jarsDirectory,
    onSpawn: (process) => supervisor.takeServer('Kafka', process, logFile),
  });
  step.done(`${KAFKA_VERSION}, ${brokers.join(', ')}${fetched ? ', downloaded once' : `, data in ${shown(home.kafka)}`}`);
  return brokers;
}

async function query(url: string, text: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}
