import { Kafka, logLevel } from 'kafkajs';

/** Writes any value to a topic, as a faulty producer would. */
export async function writeMessage(brokers: readonly string[], topic: string, value: string): Promise<void> {
  const producer = new Kafka({ brokers: [...brokers], clientId: 'test', logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [{ value }] });
  } finally {
    await producer.disconnect();
  }
}
