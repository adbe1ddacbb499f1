import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runToEnd, succeeds } from './server-process.js';

export const KAFKA_VERSION = '4.1.0';
const JAVA_MINIMUM = 17;
const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/** Something that only the system can give is not there. The message says what to install. */
export class MissingTool extends Error {
  /** The message's first sentence: what is not there. */
  get what(): string {
    return this.message.split('. ')[0]!;
  }
}

/** Under this project's `.mizan/`: shared by starts and tests, whatever folders they keep their data in. */
export const kafkaJarsCache = fileURLToPath(new URL('../../../.mizan/kafka-jars', import.meta.url));
/** Maven's own downloads stay in the project too: nothing is written into the user's home. */
const mavenRepository = fileURLToPath(new URL('../../../.mizan/m2', import.meta.url));

/**
 * The folder of the broker's jars, fetched by Maven the first time. Named after the hash of pom.xml: another version is another folder.
 * @throws MissingTool without Java or Maven.
 */
export async function kafkaJars(cache: string = kafkaJarsCache): Promise<string> {
  const lacking = await lackingForKafka(cache);
  if (lacking) throw lacking;
  const directory = await jarsDirectory(cache);
  if (existsSync(directory)) return directory;
  await mkdir(cache, { recursive: true });
  const unfinished = `${directory}.new-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    await runToEnd(
      [
        ...['mvn', '-q', '-B', '-ntp', '-Dstyle.color=never', `-Dmaven.repo.local=${mavenRepository}`, '-f', pom],
        ...[COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`],
      ],
      DOWNLOAD_TIMEOUT_MS,
    );
    // Somebody else may have been faster; then theirs is as good.
    await rename(unfinished, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } catch (error) {
    const said = (error as { stdout?: string }).stdout?.split('\n').find((line) => line.includes('ERROR'));
    throw new Error(`Maven could not fetch Kafka's jars: ${said ?? String(error)}`, { cause: error });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Whether the jars are there already. */
export async function haveKafkaJars(cache: string = kafkaJarsCache): Promise<boolean> {
  return existsSync(await jarsDirectory(cache));
}

async function jarsDirectory(cache: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 16);
  return join(cache, hash);
}

/** What this machine lacks to run Kafka: Java, or Maven where the jars are still to be fetched. Null where it lacks nothing. */
export async function lackingForKafka(cache: string = kafkaJarsCache): Promise<MissingTool | null> {
  return (await lackingJava()) ?? ((await haveKafkaJars(cache)) ? null : lackingMaven());
}

async function lackingJava(): Promise<MissingTool | null> {
  const advice = `Install it (Debian: apt-get install openjdk-${JAVA_MINIMUM}-jre-headless), or set KAFKA_BROKERS`;
  const said = await promisify(execFile)('java', ['-version']).then(
    ({ stderr }) => stderr,
    () => null,
  );
  if (said === null) return new MissingTool(`no Java ${JAVA_MINIMUM} found, which runs Kafka. ${advice}`);
  const version = Number(/version "(\d+)/.exec(said)?.[1]);
  return version < JAVA_MINIMUM ? new MissingTool(`Java ${version} found, Kafka needs ${JAVA_MINIMUM} or later. ${advice}`) : null;
}

async function lackingMaven(): Promise<MissingTool | null> {
  if (await succeeds(['mvn', '--version'])) return null;
  return new MissingTool(
    'no Maven found, which fetches Kafka the first time. Install it (Debian: apt-get install maven), or set KAFKA_BROKERS',
  );
}
