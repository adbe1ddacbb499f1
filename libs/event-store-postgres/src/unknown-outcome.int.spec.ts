import { migrateService, serviceUrl } from '@mizan/database';
import { AppendRefused, type EventStore } from '@mizan/event-store';
import { type OwnPostgres, ownPostgres } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { type AddressInfo, type Socket, createConnection, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { journalMigrations } from './journal-migrations.fixture.js';
import { PostgresEventStore } from './postgres-event-store.js';

// A server of these tests' own, to be broken.

let server: OwnPostgres;
let url: string;
let admin: pg.Client;

beforeAll(async () => {
  server = await ownPostgres();
  await migrateService({ adminUrl: server.url, service: 'transfers', password: 'test', schemas: [journalMigrations] });
  url = serviceUrl(server.url, 'transfers', 'test');
  admin = await connect();
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

const newStream = (): string => `journal-${randomUUID()}`;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

async function withStore(at: string, work: (store: PostgresEventStore) => Promise<void>): Promise<void> {
  const store = await PostgresEventStore.open({ url: at, schema: 'journal' });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

const APPENDING = "application_name = 'mizan-journal-append'";

async function until(condition: string, values: readonly unknown[] = []): Promise<void> {
  while ((await admin.query(`SELECT 1 WHERE ${condition}`, [...values])).rows.length === 0);
}

/** As the port says: the same again at the same version until there is an answer; on a conflict, look whose events stand there. */
async function appendForCertain(store: EventStore, stream: string, expected: number, event: string): Promise<'ours' | 'lost'> {
  for (;;) {
    try {
      const result = await store.append(stream, expected, [event]);
      if (result.status === 'appended') return 'ours';
      return (await store.read(stream, expected, 1))[0]?.text === event ? 'ours' : 'lost';
    } catch {
      await pause(20);
    }
  }
}

test('a backend killed during an append: rejected as unknown, a read tells the truth, and the same again is written once', async () => {
  await withStore(url, async (store) => {
    const stream = newStream();
    await admin.query('SELECT pg_advisory_lock(741002, 0)'); // The lock before every commit.
    const attempt = store.append(stream, 0, ['a', 'b']).catch((error: unknown) => error);
    await until(`EXISTS (SELECT FROM pg_stat_activity WHERE ${APPENDING} AND wait_event_type = 'Lock')`);
    await admin.query(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE ${APPENDING}`);
    await admin.query('SELECT pg_advisory_unlock(741002, 0)');
    const error = await attempt;
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(AppendRefused);
    expect(await store.read(stream, 0, 10)).toEqual([]);
    expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'appended', version: 2 });
    expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'conflict', actual: 2 });
  });
});

test('an answer that is lost after the commit: rejected as unknown, and the same again conflicts with itself', async () => {
  const line = await deafLine(server.url);
  const through = new URL(url);
  through.port = String(line.port);
  await withStore(through.href, async (store) => {
    const stream = newStream();
    await store.append(stream, 0, ['first']);
    line.deafen();
    const attempt = store.append(stream, 1, ['second']).catch((error: unknown) => error);
    await until('EXISTS (SELECT FROM journal.events WHERE stream = $1 AND version = 2)', [stream]);
    line.cut();
    expect(await attempt).toBeInstanceOf(Error);
    expect(await store.append(stream, 1, ['second'])).toEqual({ status: 'conflict', actual: 2 });
    expect((await store.read(stream, 0, 10)).map(({ text }) => text)).toEqual(['first', 'second']);
  }).finally(() => line.close());
});

test('connections killed again and again under load: every event once, in order', async () => {
  await withStore(url, async (store) => {
    const streams = range(8).map(newStream);
    let writing = true;
    const written = Promise.all(
      streams.map(async (stream) => {
        for (const version of range(60)) expect(await appendForCertain(store, stream, version, `${version}`)).toBe('ours');
      }),
    ).finally(() => (writing = false));
    let killed = 0;
    while (writing) {
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${APPENDING} AND state = 'active'`,
      );
      killed += rowCount ?? 0;
      await pause(15);
    }
    await written;
    expect(killed).toBeGreaterThan(0);
    for (const stream of streams) expect((await store.read(stream, 0, 100)).map(({ text }) => text)).toEqual(range(60).map(String));
  });
});

test('the server killed under load and started again: nothing acknowledged is lost, nothing is there twice', async () => {
  await withStore(url, async (store) => {
    const streams = range(8).map(newStream);
    const acknowledged = new Map(streams.map((stream) => [stream, 0]));
    const written = Promise.all(
      streams.map(async (stream) => {
        for (const version of range(100)) {
          expect(await appendForCertain(store, stream, version, `${version}`)).toBe('ours');
          acknowledged.set(stream, version + 1);
        }
      }),
    );
    while ([...acknowledged.values()].every((count) => count < 20)) await pause(1);
    await server.kill();
    const before = new Map(acknowledged);
    await server.restart();
    admin = await connect();
    for (const stream of streams) expect(await store.version(stream)).toBeGreaterThanOrEqual(before.get(stream)!);
    await written;
    for (const stream of streams) expect((await store.read(stream, 0, 200)).map(({ text }) => text)).toEqual(range(100).map(String));
    const { rows } = await admin.query('SELECT max(token) = count(*) AS dense FROM journal.feed');
    expect(rows).toEqual([{ dense: true }]);
  });
}, 60_000);

describe('a store does not open', () => {
  test.each(['fsync', 'full_page_writes'])('with %s off', async (setting) => {
    await admin.query(`ALTER SYSTEM SET ${setting} = off`);
    try {
      await reloaded(setting, 'off');
      await expect(PostgresEventStore.open({ url, schema: 'journal' })).rejects.toThrow(`${setting}=off`);
    } finally {
      await admin.query(`ALTER SYSTEM RESET ${setting}`);
      await reloaded(setting, 'on');
    }
    await withStore(url, async () => {});
  });

  test('with synchronous_commit off for its role', async () => {
    await admin.query('ALTER ROLE mizan_transfers SET synchronous_commit = off');
    try {
      await expect(PostgresEventStore.open({ url, schema: 'journal' })).rejects.toThrow('synchronous_commit=off');
    } finally {
      await admin.query('ALTER ROLE mizan_transfers RESET synchronous_commit');
    }
  });

  test('where there is no journal', async () => {
    await admin.query('CREATE DATABASE empty');
    const empty = new URL(url);
    empty.pathname = '/empty';
    await expect(PostgresEventStore.open({ url: empty.href, schema: 'journal' })).rejects.toThrow(/no journal.*migrations/);
  });

  async function reloaded(setting: string, value: string): Promise<void> {
    await admin.query('SELECT pg_reload_conf()');
    for (;;) {
      const fresh = await connect();
      const { rows } = await fresh.query(`SHOW ${setting}`);
      await fresh.end();
      if (rows[0][setting] === value) return;
    }
  }
});

/** A line to the server that can stop bringing answers, and be cut. */
async function deafLine(to: string): Promise<{ port: number; deafen(): void; cut(): void; close(): void }> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let deaf = false;
  const listener = createServer((client) => {
    const upstream = createConnection(Number(port), hostname);
    sockets.add(client).add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream);
    upstream.on('data', (chunk) => deaf || client.write(chunk));
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    deaf = false;
  };
  return {
    port: (listener.address() as AddressInfo).port,
    deafen: () => (deaf = true),
    cut,
    close: () => {
      cut();
      listener.close();
    },
  };
}
