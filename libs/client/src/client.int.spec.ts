import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MizanClient, type MizanClientOptions, MizanProblem, OutcomeUnknown, Unreachable } from './index.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = (response: ServerResponse) => void;

const open: { server: Server; client: MizanClient }[] = [];
afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    server.closeAllConnections();
    server.close();
    await client.close().catch(() => undefined);
  }
});

/** A server that gives these answers one after another, the last of them for ever. */
async function serving(answers: readonly Answer[], options: Partial<MizanClientOptions> = {}) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      answers[Math.min(seen.length, answers.length) - 1]?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new MizanClient({ url, apiKey: 'key-1', ...options });
  open.push({ server, client });
  return { client, seen, url };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer =>
  json(
    status,
    { type: 'about:blank', title: code, status, detail: `Because of ${code}.`, code, instance: '/', requestId: 'r-1', ...more },
    headers,
  );
const hangUp: Answer = (response) => response.destroy();

const transfer = { id: 't-1', debit: 'bank:cash', credit: 'clients:17', amount: 25_000n };
const caught = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('a write', () => {
  it('says why it is sent where the client was told: in headers, over the same connections', async () => {
    const { client, seen } = await serving([json(201, {})]);
    const acting = client.because({ correlation: 'payout-17', causation: 'payout-17@3' });
    await acting.transfer('shop', transfer);
    await client.because({ correlation: 'order-1' }).batch('shop', []);
    await client.transfer('shop', transfer);
    expect(seen.map(({ headers }) => [headers['mizan-correlation'], headers['mizan-causation']])).toEqual([
      ['payout-17', 'payout-17@3'],
      ['order-1', undefined],
      [undefined, undefined],
    ]);
    expect(seen.every(({ headers }) => headers.authorization === 'Bearer key-1')).toBe(true);
  });

  it('sends bigint amounts as digits, with the key, and says whether it is a replay', async () => {
    const { client, seen } = await serving([json(201, { id: 't-1' }), json(200, { id: 't-1' }, { 'idempotency-replayed': 'true' })]);
    expect(await client.transfer('berka', transfer)).toEqual({ body: { id: 't-1' }, replayed: false });
    expect((await client.transfer('berka', transfer)).replayed).toBe(true);
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/ledgers/berka/transfers', headers: { authorization: 'Bearer key-1' } });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ ...transfer, amount: '25000' });
  });

  it.each<readonly [call: (client: MizanClient) => Promise<unknown>, path: string, body: object]>([
    [
      (client) => client.placeHold('berka', { ...transfer, expiresAt: '2030-01-01T00:00:00Z' }),
      'holds',
      { ...transfer, amount: '25000', expiresAt: '2030-01-01T00:00:00Z' },
    ],
    [
      (client) => client.captureHold('berka', 'h 1', { id: 'c-1', amount: 5n, final: false }),
      'holds/h%201/capture',
      { id: 'c-1', amount: '5', final: false },
    ],
    [(client) => client.releaseHold('berka', 'h:1', 'r-1'), 'holds/h:1/release', { id: 'r-1' }],
    [
      (client) => client.reverse('berka', 't-1', { id: 'r-2', reference: 'wrong' }),
      'transfers/t-1/reverse',
      { id: 'r-2', reference: 'wrong' },
    ],
    [(client) => client.closePeriod('berka', { id: 'p-1', through: '2026-01-31' }), 'close-period', { id: 'p-1', through: '2026-01-31' }],
  ])('goes to its own route: %s', async (call, path, body) => {
    const { client, seen } = await serving([json(201, {})]);
    await call(client);
    expect([seen[0]?.method, seen[0]?.url, JSON.parse(seen[0]?.body ?? '')]).toEqual(['POST', `/v1/ledgers/berka/${path}`, body]);
  });

  it('is sent again after overload, with the same body, when the server says so', async () => {
    const { client, seen } = await serving([
      problem(429, 'too_many_requests', {}, { 'retry-after': '0' }),
      problem(503, 'overloaded'),
      json(201, { id: 't-1' }),
    ]);
    expect((await client.transfer('berka', transfer)).body.id).toBe('t-1');
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
    expect(seen).toHaveLength(3);
  });

  it('is sent again after a broken line, and the answer settles it', async () => {
    const { client, seen } = await serving([hangUp, json(200, { id: 't-1' }, { 'idempotency-replayed': 'true' })]);
    expect((await client.transfer('berka', transfer)).replayed).toBe(true);
    expect(seen).toHaveLength(2);
  });

  it('whose line breaks every time has an unknown outcome', async () => {
    const { client, seen } = await serving([hangUp], { retries: 2 });
    expect(await caught(client.transfer('berka', transfer))).toBeInstanceOf(OutcomeUnknown);
    expect(seen).toHaveLength(3);
  });

  it('that may have been done stays unknown when later tries are refused for overload', async () => {
    const { client } = await serving([problem(503, 'outcome_unknown'), problem(503, 'overloaded')], { retries: 2 });
    expect(await caught(client.transfer('berka', transfer))).toBeInstanceOf(OutcomeUnknown);
  });

  it('that overload alone kept out is known not to be done', async () => {
    const { client } = await serving([problem(503, 'overloaded')], { retries: 1 });
    expect(await caught(client.transfer('berka', transfer))).toMatchObject({ name: 'MizanProblem', code: 'overloaded' });
  });

  it('that reached nobody is not done', async () => {
    const { client, url } = await serving([hangUp]);
    const away = new MizanClient({ url: url.replace(/\d+$/, '1'), apiKey: 'key-1', retries: 1 });
    expect(await caught(away.transfer('berka', transfer))).toBeInstanceOf(Unreachable);
    await Promise.all([away.close(), client.close()]);
  });

  it('that the rules refuse is a problem with its names, and is not repeated', async () => {
    const { client, seen } = await serving([
      problem(404, 'account_not_found', { account: 'clients:1', field: 'credit', suggestions: ['clients:17'] }),
    ]);
    const error = await caught(client.transfer('berka', transfer));
    expect(error).toBeInstanceOf(MizanProblem);
    expect(error).toMatchObject({
      code: 'account_not_found',
      status: 404,
      requestId: 'r-1',
      account: 'clients:1',
      field: 'credit',
      suggestions: ['clients:17'],
    });
    expect(seen).toHaveLength(1);
  });

  it('ends at its deadline, however slow the server', async () => {
    const { client } = await serving([() => undefined], { attemptTimeoutMs: 100, deadlineMs: 300 });
    expect(await caught(client.transfer('berka', transfer))).toBeInstanceOf(OutcomeUnknown);
  });
});

describe('a read', () => {
  it('waits for a position for as long as its deadline allows, beyond the retries', async () => {
    const late = problem(409, 'position_not_reached', {}, { 'retry-after': '0' });
    const { client, seen } = await serving([late, late, late, json(200, { position: 9 })], { retries: 1 });
    expect(await client.trialBalance('berka', { minPosition: 9 })).toEqual({ position: 9 });
    expect(seen[0]?.url).toBe('/v1/ledgers/berka/trial-balance?minPosition=9');
  });

  it('goes through a list by its cursors', async () => {
    const { client, seen } = await serving([
      json(200, { items: [{ id: 'a' }, { id: 'b' }], next: 'c 1' }),
      json(200, { items: [{ id: 'c' }], next: null }),
    ]);
    const ids: string[] = [];
    for await (const account of client.accounts('berka', { prefix: 'clients:' })) ids.push(account.id);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/ledgers/berka/accounts?prefix=clients%3A&limit=1000',
      '/v1/ledgers/berka/accounts?prefix=clients%3A&limit=1000&cursor=c+1',
    ]);
  });

  it('goes through the journal by positions', async () => {
    const item = (position: number) => ({ position, event: `{"version":${position}}`, texts: null });
    const { client, seen } = await serving([
      json(200, { items: [item(1), item(2)], next: '2' }),
      json(200, { items: [item(3)], next: null }),
    ]);
    const positions: number[] = [];
    for await (const { position } of client.journal('berka', { limit: 2 })) positions.push(position);
    expect(positions).toEqual([1, 2, 3]);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/ledgers/berka/journal?after=0&limit=2', '/v1/ledgers/berka/journal?after=2&limit=2']);
  });

  it('takes the stored texts line by line, as they are', async () => {
    const { client } = await serving([(response) => response.writeHead(200).write('{"a":"é"}\n{"b', () => response.end('":2}\n'))]);
    const texts: string[] = [];
    for await (const text of client.journalTexts('berka')) texts.push(text);
    expect(texts).toEqual(['{"a":"é"}', '{"b":2}']);
  });

  it('asks a fresh token for each call, where it is given a way to get one', async () => {
    let tokens = 0;
    const { client, seen } = await serving([json(200, {})], { token: async () => `token-${(tokens += 1)}` });
    await client.ledger('berka');
    await client.ledger('berka');
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('names an answer that is not Mizan’s', async () => {
    const { client } = await serving([(response) => response.writeHead(404).end('<html>nothing here</html>')]);
    expect(await caught(client.ledger('berka'))).toMatchObject({ status: 404, detail: expect.stringContaining('nothing here') });
  });
});

describe('events', () => {
  it('go on after the last one seen when the line breaks', async () => {
    const event = (position: number): string => `id: ${position}\ndata: {"version":${position}}\n\n`;
    const { client, seen } = await serving([
      (response) =>
        response
          .writeHead(200)
          .write(`: hello\n\n${event(1)}${event(2)}id: 3\ndata: {"half`, () => setTimeout(() => response.destroy(), 20)),
      (response) => response.writeHead(200).write(event(3)),
    ]);
    const positions: number[] = [];
    for await (const { position } of client.events('berka')) {
      positions.push(position);
      if (position === 3) break;
    }
    expect(positions).toEqual([1, 2, 3]);
    expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual(['0', '2']);
  });

  it('without a position of their own are passed over, and lose no place', async () => {
    const { client, seen } = await serving([
      (response) => response.writeHead(200).end('data: early\n\nid: 7\ndata: {"version":7}\n\ndata: late\n\nid: x\ndata: other\n\n'),
      (response) => response.writeHead(200).end('data: early\n\nid:\ndata: empty\n\n'),
      (response) => response.writeHead(200).write('id: 8\ndata: {"version":8}\n\n'),
    ]);
    const events: unknown[] = [];
    for await (const event of client.events('berka', 6)) if (events.push(event) === 2) break;
    expect(events).toEqual([
      { position: 7, event: '{"version":7}' },
      { position: 8, event: '{"version":8}' },
    ]);
    expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual(['6', '7', '7']);
  });
});
