import { setTimeout as delay } from 'node:timers/promises';
import { type AddressInfo, connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { exportJWK, generateKeyPair } from 'jose';
import type pg from 'pg';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import { type ServiceRow, serviceNamed, services, urlVariable } from '@mizan/contracts';
import { TokenVerifier, createApplication } from '@mizan/platform';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import { makeApiKey } from './api-key.js';
import { ApiKeys } from './tables/api-keys.postgres.js';
import { KEY_TRUSTED_MS } from './gateway-credentials.js';
import type { GatewayEnvironment } from './environment.js';
import { gateway } from './gateway.module.js';
import { type SigningKey, publicKeysOf } from './token-signer.js';

const password = 'gateway-test-password';

/** Two services beside those that there are: one acts for tenants, one reads the feed. */
const payoutsRow: ServiceRow = { ...serviceNamed('accounts'), name: 'payouts', scopes: ['ledger'], processes: ['payout'] };
const rows = [
  ...services.map((row): ServiceRow => (row.name === 'accounts' ? { ...row, processes: ['report'] } : row)),
  payoutsRow,
  { ...payoutsRow, name: 'reader', scopes: ['feed'], processes: [] },
];

let database: TestDatabase;
let pool: pg.Pool;
let keys: ApiKeys;
let signingKey: SigningKey;
let app: NestFastifyApplication;
let origin: string;
let apiKey: string;
let keyId: string;

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** A real server in a service's place: it says what it heard, unless a test gives it something else to do. */
class StandIn {
  readonly server: FastifyInstance = fastify({ bodyLimit: 16 * 1024 * 1024 });
  answer: Handler = (request) => this.heard(request);
  ready = true;

  constructor(private readonly name: string) {
    this.server.get('/health/ready', (_, reply) =>
      reply.code(this.ready ? 200 : 503).send({
        service: name,
        version: '0.1.0',
        ready: this.ready,
        checks: { journal: this.ready ? { ready: true, position: 17 } : { ready: false, detail: 'behind' } },
      }),
    );
    this.server.get('/v1/openapi.json', () => ({
      openapi: '3.1.0',
      paths: { '/v1/ledgers/{ledger}/accounts': { [name === 'accounts' ? 'get' : 'post']: { operationId: name } }, '/v1/feed/heads': {} },
      components: { schemas: { [name]: {} } },
    }));
    this.server.all('/*', (request, reply) => this.answer(request, reply));
  }

  heard({ method, url, headers, body }: FastifyRequest) {
    return { service: this.name, method, url, headers, body: body ?? null };
  }

  async listen(): Promise<string> {
    return this.server.listen({ host: '127.0.0.1', port: 0 });
  }
}

const transfers = new StandIn('transfers');
const accounts = new StandIn('accounts');
const standIns = [transfers, accounts];

async function start(urls: { TRANSFERS_URL: string[]; ACCOUNTS_URL: string[] }): Promise<{ app: NestFastifyApplication; origin: string }> {
  const environment = {
    HOST: '127.0.0.1',
    PORT: 0,
    DATABASE_URL: serviceUrl(database.adminUrl, 'gateway', password),
    SIGNING_KEY_FILE: signingKey,
  };
  const nowhere = { ...environment, ...Object.fromEntries(services.map(({ name }) => [urlVariable(name), [] as string[]])) };
  const started = await createApplication(gateway({ ...(nowhere as unknown as GatewayEnvironment), ...urls }, rows));
  await started.listen(0, '127.0.0.1');
  return { app: started, origin: await started.getUrl() };
}

beforeAll(async () => {
  database = await testDatabase();
  const directory = new URL('../migrations', import.meta.url).pathname;
  await migrateService({ adminUrl: database.adminUrl, service: 'gateway', password, schemas: [{ schema: 'gateway', directory }] });
  pool = openPool({ url: serviceUrl(database.adminUrl, 'gateway', password), name: 'test', max: 2 });
  keys = new ApiKeys(pool);
  ({ id: keyId, apiKey } = await keys.create({ tenant: 'acme', name: 'test', scopes: ['ledger'] }));
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  signingKey = { ...((await exportJWK(privateKey)) as SigningKey), kid: 'one' };
  ({ app, origin } = await start({ TRANSFERS_URL: [await transfers.listen()], ACCOUNTS_URL: [await accounts.listen()] }));
});

beforeEach(() => {
  for (const standIn of standIns) {
    standIn.answer = (request) => standIn.heard(request);
    standIn.ready = true;
  }
});

afterAll(async () => {
  await app?.close();
  for (const standIn of standIns) await standIn.server.close();
  await pool?.end();
  await database?.drop();
});

const call = (path: string, init: RequestInit & { key?: string } = {}) =>
  fetch(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${init.key ?? apiKey}`, ...init.headers } });
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
  call(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
const problemOf = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('content-type')?.split(';')[0],
  code: ((await response.json()) as { code: string }).code,
});
const problem = (status: number, code: string) => ({ status, type: 'application/problem+json', code });

describe('a request that is forwarded', () => {
  it.each([
    ['GET', '/v1/ledgers', 'transfers'],
    ['PUT', '/v1/ledgers/main', 'transfers'],
    ['PUT', '/v1/assets/POINTS', 'transfers'],
    ['POST', '/v1/ledgers/main/accounts', 'transfers'],
    ['PATCH', '/v1/ledgers/main/accounts/clients:17', 'transfers'],
    ['GET', '/v1/ledgers/main/transfers/t-1', 'transfers'],
    ['GET', '/v1/ledgers/main/accounts?prefix=clients%3A&limit=5', 'accounts'],
    ['GET', '/v1/ledgers/main/accounts/clients:17', 'accounts'],
    ['GET', '/v1/ledgers/main/accounts/clients%3A17/balance', 'accounts'],
    ['GET', '/v1/ledgers/main/accounts/clients:17/statement?from=2026-01-01', 'accounts'],
    ['GET', '/v1/ledgers/main/trial-balance', 'accounts'],
    ['GET', '/v1/processes/report-17', 'accounts'],
  ])('%s %s goes to its owner as it came', async (method, path, service) => {
    const response = await call(path, { method });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ service, method, url: path });
  });

  it('bears the caller’s name in a token that services can verify, and never the key', async () => {
    const { headers } = (await (await call('/v1/ledgers')).json()) as { headers: Record<string, string> };
    const token = headers['authorization']!.replace('Bearer ', '');
    expect(await new TokenVerifier(publicKeysOf(signingKey)).verify(token)).toEqual({
      tenant: 'acme',
      actor: `key:${keyId}`,
      scopes: ['ledger'],
      prefixes: { own: [], reserved: ['payout-', 'report-'] },
    });
    expect(JSON.stringify(headers)).not.toContain('mzn_');
  });

  it('keeps its id, its own headers and its body, and loses those of the connection', async () => {
    const body = JSON.stringify({ id: 't-1', reference: 'رسوم' });
    const response = await post('/v1/ledgers/main/transfers', body, { 'x-request-id': 'mine-1', 'idempotency-key': 't-1', cookie: 'a=b' });
    expect(response.headers.get('x-request-id')).toBe('mine-1');
    const heard = (await response.json()) as { headers: Record<string, string>; body: unknown };
    expect(heard.body).toEqual(JSON.parse(body));
    expect(heard.headers).toMatchObject({ 'x-request-id': 'mine-1', 'idempotency-key': 't-1', host: new URL(await transfersUrl()).host });
    expect(heard.headers).not.toHaveProperty('cookie');
  });

  it('may name headers of the connection that go no further', async () => {
    transfers.answer = (request, reply) => reply.header('keep-alive', 'timeout=1').send({ hint: request.headers['x-hint'] ?? null });
    const answer = await raw(
      `GET /v1/ledgers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\nx-hint: 1\r\nconnection: close, x-hint\r\n\r\n`,
    );
    expect(answer).toContain('{"hint":null}');
    expect(answer).not.toContain('timeout=1');
  });

  it('comes back with the service’s own status, headers and body, also where it was refused', async () => {
    transfers.answer = (_, reply) =>
      reply.code(429).header('retry-after', '7').type('application/problem+json').send('{"code":"too_many_requests"}');
    const response = await call('/v1/ledgers/main', { method: 'PUT' });
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await problemOf(response)).toEqual(problem(429, 'too_many_requests'));
  });

  it.each([
    ['POST', '/v1/ledgers/main/accounts/bank/balance', 'GET, HEAD'],
    ['PUT', '/v1/ledgers/main/accounts/bank', 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/ledgers/main/accounts', 'GET, HEAD, POST'],
    ['GET', '/v1/ledgers/main/batch', 'POST'],
    ['OPTIONS', '/v1/ledgers/main', 'GET, HEAD, PUT'],
  ])('%s %s is not forwarded: 405 with the methods of both services', async (method, path, allow) => {
    transfers.answer = accounts.answer = () => Promise.reject(new Error('Nobody should have asked.'));
    const response = await call(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await problemOf(response)).toEqual(problem(405, 'method_not_allowed'));
  });

  it.each(['/v1/ledgers/main/nothing', '/v1/ledgers/main/accounts/bank/other', '/v1/assets', '/v1/ledgers/'])(
    '%s is nowhere',
    async (path) => {
      transfers.answer = accounts.answer = () => Promise.reject(new Error('Nobody should have asked.'));
      expect(await problemOf(await call(path))).toEqual(problem(404, 'not_found'));
    },
  );

  it('answers HEAD without a body', async () => {
    const response = await call('/v1/ledgers/main', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('is not forwarded where the path has parts that others read differently', async () => {
    const answer = await raw(
      `GET /v1/ledgers/%2e%2E/feed/heads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 [^]*"code":"not_found"/);
  });
});

describe('bodies', () => {
  it('a batch of megabytes streams through, with and without a stated length', async () => {
    transfers.answer = (request) => ({ length: JSON.stringify(request.body).length });
    const text = JSON.stringify({ operations: 'x'.repeat(5_000_000) });
    expect(await (await post('/v1/ledgers/main/batch', text)).json()).toEqual({ length: text.length });
    const chunked = call('/v1/ledgers/main/batch', {
      method: 'POST',
      body: new Blob([text]).stream(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(await (await chunked).json()).toEqual({ length: text.length });
  });

  it('a batch past 8 MiB is refused, with and without a stated length', async () => {
    const text = new Uint8Array(8 * 1024 * 1024 + 1).fill(0x20);
    expect(await problemOf(await post('/v1/ledgers/main/batch', text))).toEqual(problem(413, 'body_too_large'));
    const chunked = call('/v1/ledgers/main/batch', {
      method: 'POST',
      body: new Blob([text]).stream(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(await problemOf(await chunked)).toEqual(problem(413, 'body_too_large'));
  });

  it('any other body past 64 KiB is refused', async () => {
    expect(await problemOf(await post('/v1/ledgers/main/transfers', ' '.repeat(65_537)))).toEqual(problem(413, 'body_too_large'));
  });

  it('an answer streams through as it is written', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    transfers.answer = (_, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      void released.then(() => reply.raw.end('data: 2\n\n'));
    };
    const reader = (await call('/v1/ledgers/main/events')).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('data: 1\n\n');
    release();
    expect((await reader.read()).value).toBe('data: 2\n\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('an answer larger than memory should hold is held back by a slow reader', async () => {
    let written = 0;
    const total = 64 * 1024 * 1024;
    accounts.answer = (_, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const go = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!reply.raw.write(chunk)) return void reply.raw.once('drain', go);
        }
        reply.raw.end();
      };
      go();
    };
    const response = await call('/v1/ledgers/main/trial-balance');
    await delay(300);
    expect(written).toBeLessThan(total);
    expect((await response.arrayBuffer()).byteLength).toBe(total);
  });

  it('a caller who goes away is not waited for', async () => {
    const gone = new Promise<string>((resolve) => {
      transfers.answer = (request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200).write('data: 1\n\n');
        request.raw.socket.once('close', () => resolve('gone'));
      };
    });
    const abort = new AbortController();
    await call('/v1/ledgers/main/events', { signal: abort.signal });
    abort.abort();
    expect(await gone).toBe('gone');
  });
});

describe('who may call', () => {
  it.each([
    ['nothing', ''],
    ['a mistyped key', 'mzn_000000000000000000000000000000000000000000000000A'],
    ['a key that was never given out', makeApiKey()],
    ['a token of another signer', 'eyJhbGciOiJFZERTQSJ9.e30.AAAA'],
  ])('not one with %s', async (_, key) => {
    const response = await call('/v1/ledgers', { key });
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await problemOf(response)).toEqual(problem(401, 'unauthorized'));
  });

  it('not a service on a tenant’s behalf', async () => {
    const service = await keys.create({ tenant: '*', name: 'service:accounts', scopes: ['feed'] });
    expect(await problemOf(await call('/v1/ledgers', { key: service.apiKey }))).toEqual(problem(403, 'forbidden'));
    const { access_token } = (await (await call('/v1/token', { method: 'POST', key: service.apiKey })).json()) as { access_token: string };
    expect(await new TokenVerifier(publicKeysOf(signingKey)).verify(access_token)).toEqual({
      tenant: '*',
      actor: 'service:accounts',
      scopes: ['feed'],
    });
  });

  it('each tenant in its own name', async () => {
    const other = await keys.create({ tenant: 'umbrella', name: 'test', scopes: ['ledger'] });
    accounts.answer = (request) => JSON.parse(atob(request.headers.authorization!.split('.')[1]!)) as object;
    expect(await (await call('/v1/ledgers/main/accounts', { key: other.apiKey })).json()).toMatchObject({
      tenant: 'umbrella',
      sub: `key:${other.id}`,
    });
    expect(await (await call('/v1/ledgers/main/accounts')).json()).toMatchObject({ tenant: 'acme', sub: `key:${keyId}` });
  });

  it('not one whose key was revoked, some seconds later at most', async () => {
    const lost = await keys.create({ tenant: 'acme', name: 'lost', scopes: ['ledger'] });
    expect((await call('/v1/ledgers', { key: lost.apiKey })).status).toBe(200);
    expect(await keys.revoke(lost.id)).toBe(true);
    await delay(KEY_TRUSTED_MS + 100);
    expect(await problemOf(await call('/v1/ledgers', { key: lost.apiKey }))).toEqual(problem(401, 'unauthorized'));
  });

  it('nobody by way of the database: it holds no key', async () => {
    const { rows } = await pool.query<{ row: string }>('select api_keys::text as row from gateway.api_keys');
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.map(({ row }) => row).join()).not.toContain(apiKey.slice(4, 20));
  });
});

describe('POST /v1/token', () => {
  it('gives a token for a key, which the gateway takes too', async () => {
    const response = await call('/v1/token', { method: 'POST' });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const body = (await response.json()) as { access_token: string };
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300 });
    const forwarded = (await (await call('/v1/ledgers', { key: body.access_token })).json()) as { headers: { authorization: string } };
    expect(forwarded.headers.authorization).toBe(`Bearer ${body.access_token}`);
  });

  it('takes the form of OAuth clients', async () => {
    const form = (fields: Record<string, string>) => fetch(`${origin}/v1/token`, { method: 'POST', body: new URLSearchParams(fields) });
    expect((await form({ grant_type: 'client_credentials', client_secret: apiKey })).status).toBe(200);
    // A field that is not known is ignored in a form (RFC 6749, 3.2).
    expect((await form({ grant_type: 'client_credentials', client_secret: apiKey, audience: 'books', scope: 'all' })).status).toBe(200);
    expect(await problemOf(await form({ grant_type: 'password', client_secret: apiKey }))).toEqual(problem(400, 'invalid_operation'));
    expect(await problemOf(await form({ grant_type: 'client_credentials' }))).toEqual(problem(401, 'unauthorized'));
  });

  describe('for a service', () => {
    const verifier = () => new TokenVerifier(publicKeysOf(signingKey));
    const tokenFor = async (key: string, body: string) => {
      const response = await post('/v1/token', body, { authorization: `Bearer ${key}` });
      expect(response.status).toBe(200);
      return ((await response.json()) as { access_token: string }).access_token;
    };
    const ofPayouts = { own: ['payout-'], reserved: ['report-'] };
    const ofOthers = { own: [], reserved: ['payout-', 'report-'] };
    let payouts: string;
    let reader: string;
    beforeAll(async () => {
      await keys.create({ tenant: 'second', name: 'test', scopes: ['ledger'] });
      ({ apiKey: payouts } = await keys.create({ tenant: '*', name: 'service:payouts', scopes: ['ledger'] }));
      ({ apiKey: reader } = await keys.create({ tenant: '*', name: 'service:reader', scopes: ['feed'] }));
    });

    it('names the tenant that it acts for, one after another, and no other scope than its row has', async () => {
      for (const tenant of ['acme', 'second', 'acme']) {
        const token = await tokenFor(payouts, JSON.stringify({ tenant }));
        expect(await verifier().verify(token)).toEqual({ tenant, actor: 'service:payouts', scopes: ['ledger'], prefixes: ofPayouts });
        const forwarded = (await (await call('/v1/ledgers', { key: token })).json()) as { headers: { authorization: string } };
        expect(forwarded.headers.authorization).toBe(`Bearer ${token}`);
      }
    });

    it('is a tenant’s own where its key names its own tenant', async () => {
      const token = await tokenFor(apiKey, '{"tenant":"acme"}');
      expect(await verifier().verify(token)).toEqual({ tenant: 'acme', actor: `key:${keyId}`, scopes: ['ledger'], prefixes: ofOthers });
    });

    it('is refused where the key may not act for the tenant', async () => {
      const refusals = [
        [payouts, '{"tenant":"nobody"}'],
        [reader, '{"tenant":"acme"}'],
        [apiKey, '{"tenant":"second"}'],
        [payouts, '{}'],
      ] as const;
      for (const [key, body] of refusals)
        expect(await problemOf(await post('/v1/token', body, { authorization: `Bearer ${key}` }))).toEqual(problem(403, 'forbidden'));
    });

    it('has neither what its key has beyond the row, nor anything where the key lacks some of it', async () => {
      const more = await keys.create({ tenant: '*', name: 'service:payouts', scopes: ['feed', 'ledger'] });
      expect(await verifier().verify(await tokenFor(more.apiKey, '{"tenant":"acme"}'))).toMatchObject({ scopes: ['ledger'] });
      expect(await problemOf(await post('/v1/token', '{}', { authorization: `Bearer ${more.apiKey}` }))).toEqual(problem(403, 'forbidden'));
      const less = await keys.create({ tenant: '*', name: 'service:payouts', scopes: ['feed'] });
      const refused = await post('/v1/token', '{"tenant":"acme"}', { authorization: `Bearer ${less.apiKey}` });
      expect(await refused.json()).toMatchObject({ status: 403, detail: expect.stringContaining('lacks ledger, which its row says') });
    });

    it('knows the prefixes of the tenant’s keys, revoked ones too, and each of these its own', async () => {
      const owner = async () => {
        const made = await keys.createOwner({ tenant: 'third', name: 'till', scopes: ['ledger'], prefix: 'till-' }, () => null);
        if (typeof made === 'string') throw new Error(made);
        return made;
      };
      const other = await keys.create({ tenant: 'third', name: 'other', scopes: ['ledger'] });
      const { id, apiKey: till } = await owner();
      const prefixes = async (key: string) => (await verifier().verify(await tokenFor(key, '{"tenant":"third"}'))).prefixes;
      expect(await prefixes(till)).toEqual({ own: ['till-'], reserved: ['payout-', 'report-'] });
      expect(await prefixes(payouts)).toEqual({ own: ['payout-'], reserved: ['report-', 'till-'] });
      await expect(owner()).rejects.toThrow('api_keys_one_owner');
      await keys.revoke(id);
      expect(await prefixes(other.apiKey)).toEqual({ own: [], reserved: ['payout-', 'report-', 'till-'] });
      expect(await prefixes((await owner()).apiKey)).toEqual({ own: ['till-'], reserved: ['payout-', 'report-'] });
    });

    it('goes on to the service with its prefixes, its correlation and its causation', async () => {
      const headers = { 'mizan-correlation': 'payout-17', 'mizan-causation': 'payout-17@3' };
      const heard = (await (await call('/v1/ledgers', { headers })).json()) as { headers: Record<string, string> };
      expect(heard.headers).toMatchObject(headers);
      expect(await verifier().verify(heard.headers['authorization']!.slice('Bearer '.length))).toMatchObject({ prefixes: ofOthers });
    });

    it('never lets the key itself reach a ledger', async () => {
      expect(await problemOf(await call('/v1/ledgers', { key: payouts }))).toEqual(problem(403, 'forbidden'));
    });

    it.each(['{"tenant":"*"}', '{"tenant":7}', '{"tenant":null}', '{"tenant":"Acme"}', '{"tenant":"acme","scopes":["feed"]}', '[]'])(
      'is refused for its form: %s',
      async (body) =>
        expect(await problemOf(await post('/v1/token', body, { authorization: `Bearer ${payouts}` }))).toEqual(
          problem(400, 'invalid_operation'),
        ),
    );
  });

  it('gives none for a token', async () => {
    const { access_token } = (await (await call('/v1/token', { method: 'POST' })).json()) as { access_token: string };
    expect(await problemOf(await call('/v1/token', { method: 'POST', key: access_token }))).toEqual(problem(401, 'unauthorized'));
  });
});

describe('a service that fails', () => {
  it('in the middle of a write leaves its outcome unknown; of a read, nothing', async () => {
    transfers.answer = (request) => void request.raw.socket.destroy();
    const response = await post('/v1/ledgers/main/transfers', '{"id":"t-1"}');
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problemOf(response)).toEqual(problem(503, 'outcome_unknown'));
    expect(await problemOf(await call('/v1/ledgers/main/transfers/t-1'))).toEqual(problem(503, 'unavailable'));
  });

  it('in the middle of its answer is not passed for an answer', async () => {
    transfers.answer = (request, reply) => {
      reply.hijack();
      reply.raw.writeHead(201, { 'content-length': '100' }).write('{"id":"t-1"');
      setTimeout(() => request.raw.socket.destroy(), 50);
    };
    expect(await problemOf(await post('/v1/ledgers/main/transfers', '{"id":"t-1"}'))).toEqual(problem(503, 'outcome_unknown'));
  });

  it('in the middle of a long answer breaks it off', async () => {
    transfers.answer = (request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200).write('{"position":1}\n');
      setTimeout(() => request.raw.socket.destroy(), 50);
    };
    await expect(call('/v1/ledgers/main/journal').then((response) => response.text())).rejects.toThrow();
  });

  it('before anything is sent has done nothing, and the gateway says so and lives on', async () => {
    const away = new StandIn('accounts');
    const url = await away.listen();
    await away.server.close();
    const alone = await start({ TRANSFERS_URL: [await transfersUrl()], ACCOUNTS_URL: [url] });
    const ask = (path: string) => fetch(`${alone.origin}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    try {
      expect(await problemOf(await ask('/v1/ledgers/main/accounts'))).toEqual(problem(503, 'unavailable'));
      expect((await ask('/v1/ledgers')).status).toBe(200);
      expect(await (await ask('/health/ready')).json()).toMatchObject({
        ready: false,
        checks: {
          database: { ready: true },
          transfers: { ready: true },
          accounts: { ready: false, detail: 'does not answer (ECONNREFUSED)' },
        },
      });
      expect(await problemOf(await ask('/v1/openapi.json'))).toEqual(problem(503, 'unavailable'));
    } finally {
      await alone.app.close();
    }
  });
});

describe('a service of several instances', () => {
  const second = new StandIn('transfers');
  let both: { app: NestFastifyApplication; origin: string };
  const transfer = (body = '{"id":"t-1"}') =>
    fetch(`${both.origin}/v1/ledgers/main/transfers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'mizan-forwarded': '1' },
      body,
    });

  beforeAll(async () => {
    both = await start({ TRANSFERS_URL: [await transfersUrl(), await second.listen()], ACCOUNTS_URL: ['http://127.0.0.1:1'] });
  });
  afterAll(async () => {
    await both.app.close();
    await second.server.close();
  });

  it('is asked in turn, and not told by outsiders what instances tell one another', async () => {
    const asked = { first: 0, second: 0 };
    transfers.answer = (request) => ((asked.first += request.method === 'POST' ? 1 : 0), transfers.heard(request));
    second.answer = (request) => ((asked.second += request.method === 'POST' ? 1 : 0), second.heard(request));
    for (let i = 0; i < 10; i += 1) {
      const { headers } = (await (await transfer()).json()) as { headers: Record<string, string> };
      expect(headers).not.toHaveProperty('mizan-forwarded');
    }
    expect(asked).toEqual({ first: 5, second: 5 });
  });

  it('is given up where it stands still: what was sent is not known, and others are asked from then on', async () => {
    let asked = 0;
    transfers.answer = ({ method }) => new Promise(() => (asked += method === 'POST' ? 1 : 0));
    second.answer = (request) => second.heard(request);
    const answers = await Promise.all([transfer(), transfer()]);
    expect(answers.map(({ status }) => status).sort((one, other) => one - other)).toEqual([200, 503]);
    expect(await problemOf(answers.find(({ status }) => status === 503)!)).toEqual(problem(503, 'outcome_unknown'));
    const before = asked;
    for (let i = 0; i < 4; i += 1) expect((await transfer()).status).toBe(200);
    expect(asked).toBe(before);
  });

  it('is passed over where it refuses the connection: the caller does not notice', async () => {
    await second.server.close();
    transfers.answer = (request) => transfers.heard(request);
    for (let i = 0; i < 6; i += 1) expect((await transfer()).status).toBe(200);
    expect((await fetch(`${both.origin}/v1/status`, { headers: { authorization: `Bearer ${apiKey}` } })).status).toBe(200);
    expect(await (await fetch(`${both.origin}/health/ready`)).json()).toMatchObject({ checks: { transfers: { ready: true } } });
  });
});

describe('the platform as one', () => {
  it('is ready when all are, and says of each how it is', async () => {
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    accounts.ready = false;
    expect((await fetch(`${origin}/health/ready`)).status).toBe(503);
    expect(await (await call('/v1/status')).json()).toMatchObject({
      ready: false,
      services: {
        gateway: { ready: false, checks: { accounts: { ready: false, detail: 'journal: behind' } } },
        transfers: { ready: true, version: '0.1.0', checks: { journal: { ready: true } } },
        accounts: { ready: false, checks: { journal: { detail: 'behind' } } },
      },
    });
    expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  });

  it('tells anyone whether each part is ready, and no more', async () => {
    const { checks } = (await (await fetch(`${origin}/health/ready`)).json()) as { checks: object };
    expect(checks).toEqual({ database: { ready: true }, transfers: { ready: true }, accounts: { ready: true } });
  });

  it.each([
    ['POST', '/v1/token?client_secret=x'],
    ['PUT', '/v1/ledgers/main?name=x'],
    ['PATCH', '/v1/ledgers/main/accounts/clients:17?frozen=none'],
    ['POST', '/v1/ledgers/main/batch?dryRun=1'],
    ['POST', '/v1/ledgers/main/commands/c1/cancel?a=1&a=2'],
  ])('%s %s goes nowhere: what writes takes no query', async (method, path) => {
    transfers.answer = () => Promise.reject(new Error('asked'));
    expect(await problemOf(await call(path, { method }))).toEqual(problem(400, 'invalid_query'));
  });

  it('takes no query where it says how it is', async () =>
    expect(await problemOf(await call('/v1/status?verbose=1'))).toEqual(problem(400, 'invalid_query')));

  it('has one OpenAPI document', async () => {
    const document = (await (await fetch(`${origin}/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, object>;
      servers: unknown;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: '/' }]);
    expect(Object.keys(document.paths)).toEqual(['/v1/ledgers/{ledger}/accounts', '/v1/status', '/v1/token']);
    expect(document.paths['/v1/ledgers/{ledger}/accounts']).toEqual({
      get: { operationId: 'accounts' },
      post: { operationId: 'transfers' },
    });
    expect(document).toMatchObject({ components: { schemas: { transfers: {}, accounts: {}, Problem: {}, Token: {} } } });
  });

  it('does not show the feed', async () => {
    expect(await problemOf(await call('/v1/feed/heads'))).toEqual(problem(404, 'not_found'));
    expect(await problemOf(await call('/v1/token'))).toEqual(problem(405, 'method_not_allowed'));
  });
});

const transfersUrl = async (): Promise<string> => `http://127.0.0.1:${(transfers.server.server.address() as AddressInfo).port}`;

/** Sends text as it stands and gives back all that comes. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(origin);
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket
      .on('data', (chunk) => (said += chunk))
      .on('end', () => resolve(said))
      .on('error', reject);
  });
}
