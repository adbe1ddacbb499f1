import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { serviceUrl } from '@mizan/database';
import { type TestDatabase, testDatabase } from '@mizan/testing';

// The gateway's own processes, as built: what an operator starts and reads.

const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
const SERVICE_PASSWORD = 'gateway-test-password';
const running: ChildProcess[] = [];
let database: TestDatabase;
let service: Server;
let environment: Record<string, string>;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(entry: string, args: readonly string[], env: Record<string, string>): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [new URL(`../dist/${entry}.js`, import.meta.url).pathname, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk) => (out += chunk));
  child.stderr!.on('data', (chunk) => (err += chunk));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) };
}

const run = (entry: string, args: readonly string[] = [], env = environment): Promise<Ended> => start(entry, args, env).ended;

beforeAll(async () => {
  database = await testDatabase();
  service = createServer((request, response) => {
    response.writeHead(200, { 'content-type': request.url!.endsWith('/events') ? 'text/event-stream' : 'application/json' });
    if (request.url!.endsWith('/events')) response.write('data: 1\n\n');
    else response.end('{}');
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const SIGNING_KEY_FILE = join(directory, 'signing.jwk');
  writeFileSync(SIGNING_KEY_FILE, JSON.stringify(await exportJWK(privateKey)));
  environment = {
    PORT: '0',
    DATABASE_URL: serviceUrl(database.adminUrl, 'gateway', SERVICE_PASSWORD),
    SIGNING_KEY_FILE,
    TRANSFERS_URL: url,
    ACCOUNTS_URL: url,
  };
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  service?.closeAllConnections();
  service?.close();
  await database?.drop();
  rmSync(directory, { recursive: true });
});

it('migrates once', async () => {
  const admin = { ADMIN_DATABASE_URL: database.adminUrl, SERVICE_PASSWORD };
  expect(await run('migrate', [], admin)).toEqual({ code: 0, out: '{"service":"gateway","applied":2}\n', err: '' });
  expect(await run('migrate', [], admin)).toEqual({ code: 0, out: '{"service":"gateway","applied":0}\n', err: '' });
});

it('gives keys out, lists them without their secret, and revokes them', async () => {
  const created = await run('key.command', ['create', '--tenant', 'acme', '--name', 'importer', '--scopes', 'ledger']);
  const { tenant, keyId, apiKey } = JSON.parse(created.out) as Record<string, string>;
  expect(created.code).toBe(0);
  expect(tenant).toBe('acme');
  expect(apiKey).toMatch(/^mzn_/);
  expect((await run('key.command', ['revoke', '--key', keyId!])).code).toBe(0);
  const listed = await run('key.command', ['list']);
  expect(JSON.parse(listed.out)).toMatchObject({
    keyId,
    tenant: 'acme',
    name: 'importer',
    scopes: ['ledger'],
    revokedAt: expect.any(String),
  });
  expect(listed.out).not.toContain(apiKey);
});

it('gives a service the scopes of its row, and a prefix to one key of a tenant', async () => {
  expect((await run('key.command', ['create', '--tenant', '*', '--name', 'service:accounts'])).code).toBe(0);
  const till = ['create', '--tenant', 'acme', '--name', 'till', '--scopes', 'ledger', '--prefix'];
  const { keyId } = JSON.parse((await run('key.command', [...till, 'till-'])).out) as { keyId: string };
  const taken = await run('key.command', [...till, 'till-2']);
  expect([taken.code, taken.err]).toEqual([1, expect.stringContaining('was given the prefix till-')]);
  await run('key.command', ['revoke', '--key', keyId]);
  expect((await run('key.command', [...till, 'till-'])).code).toBe(0);
  const listed = (await run('key.command', ['list'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(listed).toContainEqual(expect.objectContaining({ name: 'service:accounts', scopes: ['feed'], prefix: null }));
  expect(listed.filter((key) => 'prefix' in key && key.prefix === 'till-')).toHaveLength(2);
});

it.each([
  [['create', '--tenant', 'acme', '--name', 'importer', '--scopes', 'feed'], 1, 'no other key has it'],
  [['create', '--tenant', '*', '--name', 'service:accounts', '--scopes', 'ledger'], 1, 'has the scopes of its row, feed'],
  [['create', '--tenant', 'acme', '--name', 'till', '--scopes', 'ledger', '--prefix', 'a b'], 1, 'A prefix is 3 to 40'],
  [['revoke', '--key', 'nobody'], 1, 'There is no key nobody'],
  [['create', '--tenant', 'acme'], 2, 'Usage:'],
  [['list', '--all'], 2, 'Usage:'],
  [[], 2, 'Usage:'],
])('key.command %j ends with %i', async (args, code, why) => {
  const ended = await run('key.command', args);
  expect(ended).toMatchObject({ code, out: '' });
  expect(ended.err).toContain(why);
});

it('says all that is missing and ends with 2', async () => {
  const { code, err } = await run('main', [], {});
  expect(code).toBe(2);
  expect(err).toMatch(/DATABASE_URL[^]*SIGNING_KEY_FILE[^]*TRANSFERS_URL[^]*ACCOUNTS_URL/);
});

it('says that its port is taken and ends with 1; told to stop, it ends with 0, open streams or not', async () => {
  const { child, ended } = start('main', [], environment);
  const url = await listening(child);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);

  const second = await run('main', [], { ...environment, PORT: new URL(url).port });
  expect(second.code).toBe(1);
  expect(second.out).toContain(`port ${new URL(url).port} on 127.0.0.1 is in use`);

  const { out } = await run('key.command', ['create', '--tenant', 'acme', '--name', 'reader', '--scopes', 'ledger']);
  const { apiKey } = JSON.parse(out) as { apiKey: string };
  const events = await fetch(`${url}/v1/ledgers/main/events`, { headers: { authorization: `Bearer ${apiKey}` } });
  expect(events.status).toBe(200);
  child.kill('SIGTERM');
  expect(await Promise.race([ended, delay(10_000, undefined, { ref: false })])).toMatchObject({ code: 0, err: '' });
  await events.text().catch(() => undefined);
});

/** The url in its one line of log. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      const url = /"url":"([^"]+)"/.exec(String(chunk))?.[1];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}
