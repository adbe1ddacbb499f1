import { connect } from 'node:net';
import kafkajs from 'kafkajs';
import { MAX_MESSAGE_BYTES, type Topic } from '@mizan/contracts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type Log = (level: LogLevel, message: string, details: Readonly<Record<string, unknown>>) => void;
export const silent: Log = () => {};

/** Room for the keys, headers and framing of a batch beside its values. */
export const FRAMING_BYTES = 256 * 1024;

/**
 * A Kafka client of its own for every connection: kafkajs shares what it believes to be committed among the consumers of one client.
 * Its own retries are few, so that a broker that is gone is known soon; who uses it goes on trying.
 */
export function kafkaClient(brokers: readonly string[], clientId: string, log: Log): kafkajs.Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    socketFactory,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => {
      if (isKnownNoise(entry)) return;
      const { message, timestamp: _timestamp, logger: _logger, ...details } = entry.log;
      log(levels[entry.level] ?? 'debug', `kafka ${entry.namespace}: ${message}`, details);
    },
  });
}

/** While a broker is gone, kafkajs closes the same dead socket many times, which Node would take for a leak of listeners. */
const socketFactory: kafkajs.ISocketFactory = ({ host, port, onConnect }) =>
  connect({ host, port }, onConnect).setKeepAlive(true, 60_000).setMaxListeners(0);

/** One step lower than kafkajs has them: what it calls an error it then retries or throws, and who meets it here says so once. */
const levels: Partial<Record<kafkajs.logLevel, LogLevel>> = {
  [kafkajs.logLevel.ERROR]: 'warn',
  [kafkajs.logLevel.WARN]: 'info',
};

function isKnownNoise({ namespace, log }: kafkajs.LogEntry): boolean {
  // A broker that has just started says once that its coordinator is not there yet; the client asks again and gets its producer id.
  if (namespace === 'Connection' && log.message.startsWith('Response InitProducerId(')) return true;
  // The warning fears for a producer that gives up. The relay answers it: it starts over from its stored token, with a new producer.
  return namespace === 'Producer' && log.message.startsWith('Limiting retries for the idempotent producer');
}

/** Creates the topic where it is missing. @param messageBytes the most that one batch of it may take. */
export async function ensureTopic(kafka: kafkajs.Kafka, topic: Topic, messageBytes = MAX_MESSAGE_BYTES + FRAMING_BYTES): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    if ((await admin.listTopics()).includes(topic.name)) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: BROKER_DEFAULT,
          configEntries: [
            { name: 'retention.ms', value: String(topic.retentionMs) },
            { name: 'max.message.bytes', value: String(messageBytes) },
            UNCOMPRESSED,
          ],
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
}

const BROKER_DEFAULT = -1;
/** The broker unpacks what others send packed: readers here have no codec but gzip, and one batch in another would stop them. */
const UNCOMPRESSED = { name: 'compression.type', value: 'uncompressed' };
