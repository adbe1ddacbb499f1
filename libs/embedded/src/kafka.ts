import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kafka as KafkaClient, logLevel } from 'kafkajs';
import { freePort } from './free-port.js';
import { type ServerProcess, dieWithParent, runToEnd, startServerProcess, waitUntilReady } from './server-process.js';

const START_TIMEOUT_MS = 60_000;
/** Above the largest message that contracts allow (MAX_MESSAGE_BYTES, 4 MiB), with its framing. */
const MAX_BATCH_BYTES = 5 * 1024 * 1024;

export interface KafkaOptions {
  /** Holds the log in `data/`. Made where it does not exist. */
  readonly directory: string;
  readonly logFile: string;
  readonly port?: number;
  /** From `kafkaJars()`. */
  readonly jarsDirectory: string;
  /** Hears of the broker before it is ready, so that it can be stopped while it starts. */
  readonly onSpawn?: (server: ServerProcess) => void;
}

export interface Kafka extends ServerProcess {
  readonly port: number;
  readonly brokers: readonly string[];
}

/** A real Kafka broker on 127.0.0.1: one node that is its own controller (KRaft). Resolves when it lists its topics. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { directory, logFile, jarsDirectory } = options;
  // Its log holds what people wrote.
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const data = join(directory, 'data');
  if (!existsSync(data)) await format(directory, jarsDirectory);

  const port = options.port ?? (await freePort());
  const settings = join(directory, 'server.properties');
  await writeFile(settings, properties(data, port, await freePort()));
  const command = {
    name: 'Kafka',
    command: [
      ...(await dieWithParent('TERM')),
      'java',
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xms64m', '-Xmx384m', '-XX:-UsePerfData'],
      ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
      ...['-cp', join(jarsDirectory, '*'), 'kafka.Kafka', settings],
    ],
    logFile,
    stopSignal: 'SIGTERM' as const,
  };
  const server = startServerProcess(command);
  options.onSpawn?.(server);
  const brokers = [`127.0.0.1:${port}`];
  await waitUntilReady(command, server, START_TIMEOUT_MS, () => listsTopics(brokers));
  return { ...server, port, brokers };
}

/** Formatted beside its place and renamed, so that a killed set-up leaves no half log. */
async function format(directory: string, jars: string): Promise<void> {
  const unfinished = join(directory, 'data.new');
  await rm(unfinished, { recursive: true, force: true });
  const settings = join(directory, 'format.properties');
  await writeFile(settings, properties(unfinished, 1, 2));
  // The equals sign matters: a random id may begin with '-', and would be read as an option.
  const clusterId = `--cluster-id=${randomBytes(16).toString('base64url')}`;
  const quick = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  await runToEnd(
    ['java', ...quick, '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format', clusterId, '-c', settings],
    START_TIMEOUT_MS,
  );
  await rm(settings);
  await rename(unfinished, join(directory, 'data'));
}

function properties(data: string, port: number, controllerPort: number): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': data,
    // Topics are declared in contracts; a misspelt name must fail.
    'auto.create.topics.enable': false,
    'message.max.bytes': MAX_BATCH_BYTES,
    'replica.fetch.max.bytes': MAX_BATCH_BYTES,
    // One node: nothing to replicate to.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // For a quick start on a small machine. After a kill the controller waits for the old registration's session to end.
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'num.network.threads': 2,
    'num.io.threads': 2,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** An open port is not enough: the broker must have taken its place in the cluster. */
async function listsTopics(brokers: string[]): Promise<true | string> {
  const client = new KafkaClient({
    clientId: 'readiness',
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    connectionTimeout: 1000,
    requestTimeout: 5000,
  });
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } catch (error) {
    return String(error);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
