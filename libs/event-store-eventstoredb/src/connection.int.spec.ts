import { jest } from '@jest/globals';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { eventStoreDbClient } from './client.js';
import { checkConnectionString } from './connection-string.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mizan-eventstoredb-'));
});

afterAll(() => rm(directory, { recursive: true }));

const newStream = (): string => `journal-${randomUUID()}`;

/** A certificate for 127.0.0.1, signed by itself. Null where there is no openssl to make one. */
async function selfSigned(): Promise<{ certificateFile: string; certificate: string; key: string } | null> {
  const [certificateFile, keyFile] = [join(directory, 'node.crt'), join(directory, 'node.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  try {
    await promisify(execFile)('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certificateFile]);
  } catch {
    process.stdout.write('TLS to EventStoreDB was not tested: there is no openssl to make a certificate with.\n');
    return null;
  }
  return { certificateFile, certificate: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

describe('TLS and credentials of the connection string', () => {
  const user = { name: 'mizan', password: 'not%20a:secret' };
  let server: EventStoreDb | undefined;
  let certificateFile = '';

  beforeAll(async () => {
    const tls = await selfSigned();
    if (!tls) return;
    certificateFile = tls.certificateFile;
    server = await startEventStoreDb({ directory: join(directory, 'tls'), tls, user });
  });
  afterAll(() => server?.stop());

  const url = (password = user.password, settings = `&tlsCAFile=${certificateFile}`): string =>
    `esdb://${user.name}:${encodeURIComponent(password)}@127.0.0.1:${server!.ports[0]}?tls=true${settings}`;

  test('reach the client: appends, reads and subscriptions are let in', async () => {
    if (!server) return;
    const store = await EventStoreDbStore.open({ url: url(), kinds: ['journal'] });
    const stream = newStream();
    expect(await store.append(stream, 0, ['a'])).toEqual({ status: 'appended', version: 1 });
    expect(await store.read(stream, 0, 10)).toEqual([{ version: 1, text: 'a' }]);
    for await (const page of store.subscribe(null, new AbortController().signal)) {
      expect(page.appends.map(({ events }) => events)).toEqual([['a']]);
      break;
    }
    await store.close();
  });

  test('another password is not let in, and no error repeats one', async () => {
    if (!server) return;
    const attempt = EventStoreDbStore.open({ url: url('wrong-one'), kinds: ['journal'] });
    await expect(attempt).rejects.toMatchObject({ type: 'access-denied' });
    const said = await attempt.catch((error: Error) => `${JSON.stringify(error)} ${error.message} ${error.stack}`);
    expect(said).not.toMatch(/wrong-one|secret/);
  });

  test('a certificate that nobody vouches for is not believed', async () => {
    if (!server) return;
    await expect(EventStoreDbStore.open({ url: url(user.password, ''), kinds: ['journal'] })).rejects.toMatchObject({
      type: 'unavailable',
    });
  });
});

test('a cluster is found by any of its nodes, and its leader is asked', async () => {
  const server = await startEventStoreDb({ directory: join(directory, 'cluster'), ports: [0, 0, 0] });
  server.elect(2);
  const store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
  const stream = newStream();
  expect(await store.append(stream, 0, ['a'])).toEqual({ status: 'appended', version: 1 });
  await store.close();
  await server.stop();
});

test('a server that is not there: the store does not open, and says why', async () => {
  await expect(EventStoreDbStore.open({ url: 'esdb://127.0.0.1:1?tls=false', kinds: ['journal'], deadlineMs: 2_000 })).rejects.toThrow(
    /127\.0\.0\.1:1|ECONNREFUSED/,
  );
});

test.each([
  ['throwOnAppendFailure=false', /throwOnAppendFailure/],
  ['throw_on_append_failure=false', /throwOnAppendFailure/],
  ['tlsVerifyCert=false', /tlsCAFile/],
  ['tlsCaFiel=x', /'tlsCaFiel'.*does not know/],
  ['keepAliveInterval=often', /expected Integer/],
])('a connection string with %s is refused, and not repeated', async (setting, why) => {
  const warn = jest.spyOn(console, 'warn');
  const attempt = EventStoreDbStore.open({ url: `esdb://mizan:secret@127.0.0.1:1?tls=false&${setting}`, kinds: ['journal'] });
  await expect(attempt).rejects.toThrow(why);
  expect(inspect(await attempt.catch((error: unknown) => error))).not.toMatch(/secret/);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test('a connection string with an @ in its password is refused before anything could show what stands behind it', async () => {
  const attempt = EventStoreDbStore.open({ url: 'esdb://mizan:se@cret@127.0.0.1:1?tls=false', kinds: ['journal'] });
  await expect(attempt).rejects.toThrow(/more than one @: write the one in the password as %40/);
  expect(inspect(await attempt.catch((error: unknown) => error))).not.toMatch(/cret/);
});

test.each(['a&topsecret', 'a?topsecret=b', 'a=b', '?&=', 'p?tls=true&throwOnAppendFailure=false'])(
  'a password with & ? or = is a password: %s',
  (password) => {
    expect(() => checkConnectionString(`esdb://mizan:${password}@127.0.0.1:1?tls=false`)).not.toThrow();
    expect(() => checkConnectionString(`esdb://mizan:${password}@127.0.0.1:1?tls=false&throwOnAppendFailure=false`)).toThrow(
      /throwOnAppendFailure/,
    );
  },
);

test.each([
  'esdb://mizan:a?b&topsecret@host@127.0.0.1:1?tls=false',
  'esdb://mizan:a@b&topsecret@127.0.0.1:1?tls=false',
  'esdb://mizan:a@127.0.0.1:1?top.secret=1',
])('what a refused connection string may have of its password is not named: %s', (url) => {
  expect(() => checkConnectionString(url)).toThrow(/^(?!.*secret)/);
});

test('settings are looked for as the client does, also where a file has an @ in its name', () => {
  expect(() => checkConnectionString('esdb://127.0.0.1?tlsCAFile=/a@b.crt&throwOnAppendFailure=false')).toThrow(/throwOnAppendFailure/);
});

test('the client is never handed an object: neither data nor metadata is serialised by it', async () => {
  const server = await startEventStoreDb({ directory: join(directory, 'bytes') });
  const handed: unknown[] = [];
  const store = await EventStoreDbStore.open({
    url: server.url,
    kinds: ['journal'],
    connect: async (url) => {
      const client = await eventStoreDbClient(url);
      const append = client.appendToStream.bind(client);
      return Object.assign(client, {
        appendToStream: (...all: Parameters<typeof append>) => {
          handed.push(...all[1].flatMap(({ data, metadata }) => [data, metadata]));
          return append(...all);
        },
      });
    },
  });
  // A bigint in what the client serialises itself would end the process.
  await store.append(newStream(), 0, ['12345678901234567890', '{"minor":12345678901234567890}']);
  expect(handed).toHaveLength(4);
  // Bytes, and for the metadata not even a Buffer, which the client would take for an object.
  for (const bytes of handed) expect(bytes).toBeInstanceOf(Uint8Array);
  expect([handed[1], handed[3]].map((bytes) => (bytes as object).constructor.name)).toEqual(['Uint8Array', 'Uint8Array']);
  await store.close();
  await server.stop();
});
