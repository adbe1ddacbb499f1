import { existsSync } from 'node:fs';
import pg from 'pg';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaBrokers } from './kafka-brokers.js';
import { type OwnKafka, type OwnPostgres, ownKafka, ownPostgres } from './servers.js';
import { testDatabase } from './test-database.js';

async function rows(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('testDatabase', () => {
  it('gives a database of its own each time, and removes it with connections still open', async () => {
    const one = await testDatabase();
    const two = await testDatabase();
    await rows(one.adminUrl, 'CREATE TABLE mine (id int)');
    expect(await rows(two.adminUrl, `SELECT 1 FROM pg_tables WHERE tablename = 'mine'`)).toEqual([]);

    const open = new pg.Client({ connectionString: one.adminUrl });
    open.on('error', () => {});
    await open.connect();
    await one.drop();
    await expect(rows(one.adminUrl, 'SELECT 1')).rejects.toThrow();
    expect(await rows(two.adminUrl, 'SELECT 1 AS still')).toEqual([{ still: 1 }]);
    await two.drop();
    await open.end().catch(() => {});
  }, 60_000);
});

describe('kafkaBrokers', () => {
  it('leads to a broker that makes topics', async () => {
    const { brokers, release } = await kafkaBrokers();
    const admin = new Kafka({ clientId: 'test', brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = `testing-${process.pid}`;
    expect(await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })).toBe(true);
    expect(await admin.listTopics()).toContain(topic);
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    await release();
  }, 120_000);
});

describe('ownPostgres', () => {
  it('comes back at the same address with its data after a kill, and leaves nothing when stopped', async () => {
    const server: OwnPostgres = await ownPostgres();
    await rows(server.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await server.kill();
    await expect(rows(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    expect(await rows(server.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    const pid = server.pid();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  }, 60_000);
});

describe('ownKafka', () => {
  it('comes back at the same address with its topics after a kill', async () => {
    const broker: OwnKafka = await ownKafka();
    const admin = new Kafka({ clientId: 'test', brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: true });
    await broker.kill();
    await broker.restart();
    await admin.disconnect().catch(() => {});
    await admin.connect();
    expect(await admin.listTopics()).toContain('kept');
    await admin.disconnect();
    await broker.stop();
  }, 120_000);
});
