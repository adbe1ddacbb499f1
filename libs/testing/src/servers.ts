import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kafka, type Postgres, kafkaJars, startKafka, startPostgres } from '@mizan/embedded';
import { hasImage, images, kafkaContainer, postgresContainer } from './docker.js';

/** A server that tests talk to, wherever it came from. */
export interface TestServer {
  /** PostgreSQL: the administrator's URL. Kafka: the brokers, separated by commas. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL server of its own: a container where Docker has the image, else embedded. Its data goes with it. */
export async function postgresServer(): Promise<TestServer> {
  if (await hasImage(images.postgres)) return postgresContainer();
  const server = await ownPostgres();
  return { address: server.url, stop: () => server.stop() };
}

/** A real Kafka broker of its own, likewise. */
export async function kafkaServer(): Promise<TestServer> {
  if (await hasImage(images.kafka)) return kafkaContainer();
  const broker = await ownKafka();
  return { address: broker.brokers.join(','), stop: () => broker.stop() };
}

/** A server that a test may kill and restart. Address and data stay the same over both. */
interface Breakable {
  readonly pid: () => number;
  /** SIGKILL: what a crash does. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

export interface OwnPostgres extends Breakable {
  /** The administrator's. */
  readonly url: string;
}

export interface OwnKafka extends Breakable {
  readonly brokers: string[];
}

/** A PostgreSQL server of the test's own, always embedded, since it is there to be broken. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'mizan-test-postgres-'));
  const password = 'test';
  const start = (port?: number): Promise<Postgres> =>
    startPostgres({
      dataDirectory: directory,
      logFile: join(directory, 'postgres.log'),
      password,
      ...(port === undefined ? {} : { port }),
    });
  const { breakable, first } = await makeBreakable(directory, start);
  return { ...breakable, url: first.url };
}

/** A Kafka broker of the test's own, always embedded, since it is there to be broken. */
export async function ownKafka(): Promise<OwnKafka> {
  const jarsDirectory = await kafkaJars();
  const directory = await mkdtemp(join(tmpdir(), 'mizan-test-kafka-'));
  const start = (port?: number): Promise<Kafka> =>
    startKafka({ directory, logFile: join(directory, 'kafka.log'), jarsDirectory, ...(port === undefined ? {} : { port }) });
  const { breakable, first } = await makeBreakable(directory, start);
  return { ...breakable, brokers: [...first.brokers] };
}

async function makeBreakable<S extends Postgres | Kafka>(
  directory: string,
  start: (port?: number) => Promise<S>,
): Promise<{ breakable: Breakable; first: S }> {
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const first = await start().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  let server: S = first;
  const breakable: Breakable = {
    pid: () => server.pid,
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      server = await start(first.port);
    },
    stop: async () => {
      await server.stop();
      await remove();
    },
  };
  return { breakable, first };
}
