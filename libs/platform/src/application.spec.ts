import { connect } from 'node:net';
import { Body, Controller, Get, Module, Param, Post, Put, Query, Req } from '@nestjs/common';
import { type Caller as CallerOfToken, TOKEN_AUDIENCE, TOKEN_ISSUER } from '@mizan/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import {
  BodyLimit,
  Caller,
  Describe,
  Problem,
  Readiness,
  RequireScope,
  TokenVerifier,
  createApplication,
  pageLimit,
  readQuery,
} from './index.js';

@RequireScope('ledger')
@Controller('v1/ledgers')
class LedgersController {
  @Describe({ id: 'getLedger', summary: 'A ledger', answers: { 200: 'Ledger' } })
  @Get(':ledger')
  get(@Param('ledger') ledger: string, @Caller() caller: Caller, @Req() { id: requestId }: FastifyRequest) {
    return { ledger, ...caller, requestId };
  }

  @Put(':ledger')
  put(@Body() body: unknown) {
    return { body: body ?? null };
  }

  @Describe({
    id: 'listLedgers',
    summary: 'Many',
    query: { limit: [pageLimit, 'Items on a page.'] },
    answers: { 200: { 'application/json': 'LedgerList', 'application/x-ndjson': { type: 'string' } } },
  })
  @Get()
  list(@Query() query: unknown) {
    return readQuery(query, { limit: pageLimit });
  }

  @Describe({ id: 'postBatch', summary: 'Many at once', body: 'BatchRequest', answers: { 200: 'BatchAnswer' } })
  @BodyLimit(1024 * 1024)
  @Post(':ledger/batch')
  batch(@Body() body: { operations: string }) {
    return { length: body.operations.length };
  }

  @Describe({ id: 'postTransfer', summary: 'One', body: 'TransferRequest', answers: { 201: 'Entry' }, idempotent: true })
  @Post(':ledger/transfers')
  transfer() {
    throw new Problem('account_not_found', 'There is no account clients:17.', { account: 'clients:17', headers: { 'retry-after': '7' } });
  }

  @Post(':ledger/fault')
  fault() {
    throw new Error('the wiring is loose');
  }

  @Get(':ledger/database')
  database() {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }

  @RequireScope('feed')
  @Get(':ledger/feed')
  feed() {
    return {};
  }
}

@Module({ controllers: [LedgersController] })
class LedgersModule {}

const nobody: CallerOfToken = { tenant: 'acme', actor: 'key:1', scopes: ['ledger'] };
const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
const stranger = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
const verifier = new TokenVerifier({ keys: [await exportJWK(publicKey)] });

const sign = (caller: Partial<CallerOfToken>, { key = privateKey, expires = '5m', audience = TOKEN_AUDIENCE, issued = '0s' } = {}) =>
  new SignJWT({ tenant: caller.tenant, scopes: caller.scopes })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(caller.actor ?? '')
    .setIssuer(TOKEN_ISSUER)
    .setAudience(audience)
    .setIssuedAt(issued)
    .setExpirationTime(expires)
    .sign(key);

let app: NestFastifyApplication;
let authorization: string;
beforeAll(async () => {
  app = await createApplication({ name: 'test', module: LedgersModule, tokens: verifier });
  await app.init();
  authorization = `Bearer ${await sign(nobody)}`;
});
afterAll(() => app.close());

const ask = (method: string, url: string, headers: Record<string, string> = {}, payload?: string | Buffer) =>
  app.inject({ method: method as 'GET', url, headers: { authorization, ...headers }, ...(payload === undefined ? {} : { payload }) });
const json = { 'content-type': 'application/json' };

describe('who may call', () => {
  it('is told to the handler', async () => {
    const answer = await ask('GET', '/v1/ledgers/main', { 'x-request-id': 'mine-1' });
    expect(answer.json()).toEqual({ ledger: 'main', ...nobody, requestId: 'mine-1' });
    expect(answer.headers['x-request-id']).toBe('mine-1');
  });

  it.each([
    ['no credential', () => undefined],
    ['another scheme', () => 'Basic YTpi'],
    ['no token at all', () => 'Bearer mzn_abc'],
    ['another signer', () => sign(nobody, { key: stranger.privateKey })],
    ['a token that has ended', () => sign(nobody, { expires: '-1m' })],
    ['a token made too long ago', () => sign(nobody, { issued: '-1h' })],
    ['a token for another audience', () => sign(nobody, { audience: 'else' })],
    ['a token without a tenant', () => sign({ actor: 'key:1', scopes: ['ledger'] })],
  ])('is refused with 401: %s', async (_, make) => {
    const token = await make();
    const headers = token === undefined ? {} : { authorization: token.includes(' ') ? token : `Bearer ${token}` };
    const answer = await app.inject({ method: 'GET', url: '/v1/ledgers/main', headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="mizan"/);
    expect(answer.json()).toMatchObject({ code: 'unauthorized', status: 401, instance: '/v1/ledgers/main' });
  });

  it('is refused with 403 without the scope; a route’s own scope stands above its controller’s', async () => {
    const answer = await ask('GET', '/v1/ledgers/main/feed');
    expect(answer.statusCode).toBe(403);
    expect(answer.json().code).toBe('forbidden');
    expect(answer.headers['www-authenticate']).toContain('scope="feed"');
  });

  it('is settled before the body is read', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/v1/ledgers/main', headers: json, payload: '{"broken' });
    expect(answer.statusCode).toBe(401);
  });

  it('an application with a route that says nothing of it does not start', async () => {
    @Controller('careless')
    class Careless {
      @Get()
      get() {}
    }
    @Module({ controllers: [Careless] })
    class CarelessModule {}
    const careless = await createApplication({ name: 'careless', module: CarelessModule, tokens: verifier });
    await expect(careless.init()).rejects.toThrow('/careless does not say who may call it');
    await careless.close();
  });
});

describe('a request that cannot be served', () => {
  it.each([
    ['a body that is not JSON', 'PUT', '/v1/ledgers/main', json, '{"name":', 400, 'invalid_json'],
    ['a body that is not UTF-8', 'PUT', '/v1/ledgers/main', json, Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid_json'],
    ['a key that stands twice', 'PUT', '/v1/ledgers/main', json, '{"name":"a","name":"b"}', 400, 'invalid_json'],
    ['a body too deep', 'PUT', '/v1/ledgers/main', json, `{"name":${'['.repeat(16)}${']'.repeat(16)}}`, 400, 'invalid_json'],
    ['another media type', 'PUT', '/v1/ledgers/main', { 'content-type': 'text/csv' }, 'a,b', 415, 'unsupported_media_type'],
    ['a body past 64 KiB', 'PUT', '/v1/ledgers/main', json, `"${'x'.repeat(65_536)}"`, 413, 'body_too_large'],
    ['a batch past its own limit', 'POST', '/v1/ledgers/main/batch', json, `"${'x'.repeat(1024 * 1024)}"`, 413, 'body_too_large'],
    ['a path where nothing lives', 'GET', '/v1/nothing', {}, undefined, 404, 'not_found'],
    ['a malformed path', 'GET', '/v1/ledgers/%zz', {}, undefined, 404, 'not_found'],
    ['an endless path part', 'GET', `/v1/ledgers/${'x'.repeat(1025)}`, {}, undefined, 404, 'not_found'],
    ['an unknown query parameter', 'GET', '/v1/ledgers?size=1', {}, undefined, 400, 'invalid_query'],
    ['a query that is no UTF-8', 'GET', '/v1/ledgers?cursor=%FF', {}, undefined, 400, 'invalid_query'],
    ['a query with half a letter', 'GET', '/v1/ledgers?cursor=%ED%A0%80', {}, undefined, 400, 'invalid_query'],
    ['a query that ends too early', 'GET', '/v1/ledgers?cursor=%E0%A4%A', {}, undefined, 400, 'invalid_query'],
    ['a query where something is written', 'POST', '/v1/ledgers/main/transfers?limit=1', json, '{}', 400, 'invalid_query'],
    ['a query where something is written, twice', 'PUT', '/v1/ledgers/main?a=1&a=2', {}, undefined, 400, 'invalid_query'],
    ['a query at a method that nothing takes', 'DELETE', '/v1/ledgers/main?a=1', {}, undefined, 405, 'method_not_allowed'],
    ['a lost database', 'GET', '/v1/ledgers/main/database', {}, undefined, 503, 'unavailable'],
    ['a fault', 'POST', '/v1/ledgers/main/fault', {}, undefined, 500, 'internal_error'],
  ])('%s', async (_, method, url, headers, payload, status, code) => {
    const answer = await ask(method, url, headers, payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ code, status, type: `urn:mizan:problem:${code}`, requestId: answer.headers['x-request-id'] });
    expect(answer.body).not.toContain('wiring');
  });

  it('a wrong method is told the right ones', async () => {
    const answer = await ask('DELETE', '/v1/ledgers/main');
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, PUT');
    expect(answer.json().code).toBe('method_not_allowed');
  });

  it('a rejection names what it is about', async () => {
    const answer = await ask('POST', '/v1/ledgers/main/transfers');
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.json()).toMatchObject({ code: 'account_not_found', title: 'Account not found', account: 'clients:17' });
  });

  it('what is not HTTP gets a problem document too', async () => {
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as { port: number };
    const answer = await new Promise<string>((resolve, reject) => {
      let said = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      socket
        .on('data', (chunk) => (said += chunk))
        .on('end', () => resolve(said))
        .on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*"code":"invalid_json"/);
  });
});

it('a route with a larger limit takes larger bodies, and no body is no fault', async () => {
  expect((await ask('POST', '/v1/ledgers/main/batch', json, JSON.stringify({ operations: 'x'.repeat(100_000) }))).json()).toEqual({
    length: 100_000,
  });
  expect((await ask('PUT', '/v1/ledgers/main')).json()).toEqual({ body: null });
  expect((await ask('PUT', '/v1/ledgers/main', json, '')).json()).toEqual({ body: null });
});

it('a key of a body may have any name, and changes nothing', async () => {
  const body = '{"__proto__":{"a":"1"},"constructor":{"prototype":{"b":"2"}}}';
  expect((await ask('PUT', '/v1/ledgers/main', json, body)).body).toBe(`{"body":${body}}`);
  expect(Object.prototype).not.toHaveProperty('a');
});

it('an id of the caller’s that could spoil a log is not taken', async () => {
  const answer = await ask('GET', '/v1/ledgers/main', { 'x-request-id': 'a b' });
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

it('health says which part is not ready', async () => {
  const readiness = app.get(Readiness);
  expect((await app.inject('/health/live')).json()).toEqual({ live: true });
  readiness.register('journal', async () => ({ position: 17 }));
  expect((await app.inject('/health/ready')).json()).toMatchObject({ service: 'test', ready: true, checks: { journal: { position: 17 } } });
  readiness.register('bus', () => Promise.reject(new Error('no broker')));
  const answer = await app.inject('/health/ready');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ ready: false, checks: { journal: { ready: true }, bus: { ready: false, detail: 'no broker' } } });
});

it('the OpenAPI document lists what is described, with the schemas it needs', async () => {
  const document = (await app.inject('/v1/openapi.json')).json();
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual([
    '/v1/ledgers/{ledger}',
    '/v1/ledgers',
    '/v1/ledgers/{ledger}/batch',
    '/v1/ledgers/{ledger}/transfers',
  ]);
  const named = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(Object.keys(document.components.schemas).sort()).toEqual([...new Set(named)].sort());
  expect(document.paths['/v1/ledgers/{ledger}/batch'].post.requestBody.content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/BatchRequest',
  });
});

it('the OpenAPI document says what is read of a query and a header, and of what type an answer is', async () => {
  const { paths } = (await app.inject('/v1/openapi.json')).json();
  const list = paths['/v1/ledgers'].get;
  expect(list.parameters).toEqual([
    {
      name: 'limit',
      in: 'query',
      required: false,
      description: 'Items on a page.',
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    },
  ]);
  expect(list.responses['200'].content).toEqual({
    'application/json': { schema: { $ref: '#/components/schemas/LedgerList' } },
    'application/x-ndjson': { schema: { type: 'string' } },
  });
  const transfer = paths['/v1/ledgers/{ledger}/transfers'].post;
  for (const name of ['Idempotency-Key', 'mizan-correlation', 'mizan-causation'])
    expect(transfer.parameters).toContainEqual(expect.objectContaining({ name, in: 'header', required: false }));
  expect(transfer.responses['201'].headers).toHaveProperty('Idempotency-Replayed');
});
