import { existsSync } from 'node:fs';
import type { StartedTestContainer } from 'testcontainers';
import { freePort } from '@mizan/embedded';

/** The images that docker-compose.yml names, too. */
export const images = {
  postgres: 'postgres:18.4',
  kafka: 'apache/kafka:4.1.0',
  eventstoredb: 'eventstore/eventstore:24.2.0-jammy',
} as const;

const PASSWORD = 'test';

export interface ContainerServer {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Whether a Docker engine answers and holds the image already. Nothing is ever pulled: a test does not fetch from the network.
 * Says in one line where an engine is there without the image.
 */
export async function hasImage(image: string): Promise<boolean> {
  const lacking = await whatIsLacking(image);
  if (lacking === 'the image')
    process.stderr.write(`Docker has no image ${image}: using the embedded server. For a container: docker pull ${image}\n`);
  return lacking === null;
}

/** What a container of this image would need and is not here. */
export async function whatIsLacking(image: string): Promise<'an engine' | 'the image' | null> {
  if (!process.env.DOCKER_HOST && !existsSync('/var/run/docker.sock')) return 'an engine';
  try {
    const { ImageName, getContainerRuntimeClient } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    return (await client.image.exists(ImageName.fromString(image))) ? null : 'the image';
  } catch {
    return 'an engine';
  }
}

/** @returns the administrator's URL as `address`. */
export async function postgresContainer(): Promise<ContainerServer> {
  const { GenericContainer, Wait } = await containers();
  const container = await new GenericContainer(images.postgres)
    .withEnvironment({ POSTGRES_USER: 'mizan', POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'postgres', POSTGRES_INITDB_ARGS: '--locale=C' })
    .withCommand(['postgres', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    // The image starts a first server to set up, and then the real one.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start();
  return {
    address: `postgres://mizan:${PASSWORD}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
    stop: () => stopped(container),
  };
}

/** @returns the broker as `address`. */
export async function kafkaContainer(): Promise<ContainerServer> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await containers();
  const port = await freePort();
  // The broker tells its clients where it is to be found, so its outer port is settled before it starts.
  const address = `${(await getContainerRuntimeClient()).info.containerRuntime.host}:${port}`;
  const container = await new GenericContainer(images.kafka)
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${address}`,
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_MESSAGE_MAX_BYTES: '5242880',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return { address, stop: () => stopped(container) };
}

/** @returns the connection string as `address`. */
export async function eventStoreDbContainer(): Promise<ContainerServer> {
  const { GenericContainer, Wait } = await containers();
  const container = await new GenericContainer(images.eventstoredb)
    .withEnvironment({ EVENTSTORE_CLUSTER_SIZE: '1', EVENTSTORE_INSECURE: 'true', EVENTSTORE_MEM_DB: 'true' })
    .withExposedPorts(2113)
    .withWaitStrategy(Wait.forHttp('/health/live', 2113).forStatusCode(204))
    .start();
  return { address: `esdb://${container.getHost()}:${container.getMappedPort(2113)}?tls=false`, stop: () => stopped(container) };
}

/** The library's own clean-up container is used only where its image is there; else it would be pulled. */
async function containers(): Promise<typeof import('testcontainers')> {
  const testcontainers = await import('testcontainers');
  const { getReaperImage } = (await import('testcontainers/build/reaper/reaper.js' as string)) as { getReaperImage(): string };
  const client = await testcontainers.getContainerRuntimeClient();
  if (!(await client.image.exists(testcontainers.ImageName.fromString(getReaperImage()))))
    process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  return testcontainers;
}

async function stopped(container: StartedTestContainer): Promise<void> {
  await container.stop({ remove: true, removeVolumes: true });
}
