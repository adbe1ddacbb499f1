import type { AccountBody, EntryBody, LedgerBody, ProblemDocument, ResultBody } from '@mizan/contracts';
import { type Answer, type Service, startService } from './service.fixture.js';

let service: Service;
let send: Service['send'];
let put: Service['put'];
let post: Service['post'];
let get: Service['get'];

beforeAll(async () => {
  service = await startService();
  ({ send, put, post, get } = service);
  for (const [id, type] of [
    ['bank:cash', 'asset'],
    ['clients:1', 'liability'],
    ['clients:2', 'liability'],
  ] as const)
    await post('/v1/ledgers/main/accounts', { id, type, asset: 'CZK', minBalance: type === 'liability' ? '0' : undefined });
});
afterAll(() => service?.stop());

const TRANSFERS = '/v1/ledgers/main/transfers';
const BATCH = '/v1/ledgers/main/batch';
const deposit = (id: string, amount: unknown, more: object = {}) => ({ id, debit: 'bank:cash', credit: 'clients:1', amount, ...more });

describe('ledgers', () => {
  it('are created once, and found under the same name', async () => {
    expect(await put('/v1/ledgers/second', { name: 'Second' })).toMatchObject({
      status: 201,
      body: { id: 'second', name: 'Second', closedThrough: null, position: 1 },
    });
    const { status, body } = await put<LedgerBody>('/v1/ledgers/second', {});
    expect(status).toBe(200);
    expect(await get('/v1/ledgers/second')).toMatchObject({ status: 200, body });
    expect((JSON.parse((await service.journalLines('second')).trim()) as { stream: string }).stream).toBe(`journal-${body.uid}`);
    expect(await put('/v1/ledgers/second', { name: 'Other' })).toMatchObject({ status: 409, body: { code: 'id_conflict', field: 'name' } });
    const first = await get<{ items: { id: string }[]; next: string }>('/v1/ledgers?limit=1');
    expect(first.body.items.map(({ id }) => id)).toEqual(['main']);
    const rest = await get<{ items: { id: string }[]; next: null }>(`/v1/ledgers?limit=10&cursor=${encodeURIComponent(first.body.next)}`);
    expect(rest.body).toMatchObject({ items: [{ id: 'second' }], next: null });
  });

  it('keep card numbers and broken text out of the journal for ever', async () => {
    expect(await put('/v1/ledgers/4111111111111111', {})).toMatchObject({ status: 400, body: { code: 'card_number' } });
    expect(await put('/v1/ledgers/third', { name: '4111 1111 1111 1111' })).toMatchObject({ status: 400, body: { code: 'card_number' } });
    for (const name of ['a\ud800b', 'a\u202eb', 'a\u0000b', '']) expect((await put('/v1/ledgers/third', { name })).status).toBe(400);
    expect((await get('/v1/ledgers/third')).status).toBe(404);
    await post('/v1/ledgers/main/accounts', { id: 'clients:8', type: 'liability', asset: 'CZK' }, { 'x-request-id': '4111111111111111' });
    const lines = await service.journalLines();
    expect(lines).not.toContain('4111111111111111');
  });

  it('and ids that cannot exist are not found', async () => {
    for (const path of ['/v1/ledgers/%00', '/v1/ledgers/%00/journal', '/v1/ledgers/main/commands/%00', '/v1/ledgers/main/transfers/%20'])
      expect((await get(path)).status).toBe(404);
  });

  it('of another tenant do not exist, whatever is asked of them', async () => {
    const as = { authorization: `Bearer ${service.strangerToken}` };
    const unknown = await get<ProblemDocument>('/v1/ledgers/none', as);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ledger_not_found' } });
    for (const path of ['', '/journal', '/events', '/transfers/t', '/commands/t'])
      expect(await get(`/v1/ledgers/main${path}`, as)).toMatchObject({ status: 404, body: { code: 'ledger_not_found' } });
    expect(await post(TRANSFERS, deposit('stranger', '1'), as)).toMatchObject({ status: 404, body: { code: 'ledger_not_found' } });
    expect((await get<{ items: unknown[] }>('/v1/ledgers', as)).body.items).toEqual([]);
  });
});

describe('a transfer', () => {
  it('is posted, shown, replayed, and refused under other content', async () => {
    const sent = deposit('first', '25000', {
      effectiveAt: '2026-01-31T09:30:00Z',
      reference: 'opening deposit',
      metadata: { branch: '7' },
    });
    const posted = await post<EntryBody>(TRANSFERS, sent);
    expect(posted).toMatchObject({
      status: 201,
      body: {
        id: 'first',
        ledger: 'main',
        effectiveAt: '2026-01-31T09:30:00.000Z',
        reference: 'opening deposit',
        metadata: { branch: '7' },
        postings: [
          { account: 'bank:cash', side: 'debit', amount: '25000', asset: 'CZK' },
          { account: 'clients:1', side: 'credit', amount: '25000', balances: { credits: { posted: '25000', held: '0' } } },
        ],
      },
    });
    const again = await post<EntryBody>(TRANSFERS, sent);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body).toEqual(posted.body);
    expect((await get<EntryBody>(`${TRANSFERS}/first`)).body).toEqual(posted.body);
    expect((await get(`/v1/ledgers/main/commands/first`)).body).toEqual({
      id: 'first',
      op: 'transfer',
      status: 'applied',
      position: posted.body.position,
    });
    expect(await post(TRANSFERS, { ...sent, amount: '25001' })).toMatchObject({
      status: 409,
      body: { code: 'id_conflict', field: 'amount' },
    });
  });

  it('takes its id from Idempotency-Key where the body has none', async () => {
    const { id: _, ...withoutId } = deposit('', '1');
    expect(await post(TRANSFERS, withoutId, { 'idempotency-key': 'by-header' })).toMatchObject({ status: 201, body: { id: 'by-header' } });
    expect(await post(TRANSFERS, deposit('by-body', '1'), { 'idempotency-key': 'other' })).toMatchObject({
      status: 201,
      body: { id: 'by-body' },
    });
    expect(await post(TRANSFERS, withoutId)).toMatchObject({ status: 400, body: { code: 'invalid_id' } });
  });

  it('that is refused by a rule answers with a problem document, recorded, for ever', async () => {
    const overdraft = { id: 'overdraft', debit: 'clients:2', credit: 'bank:cash', amount: '1' };
    const refused = await post<ProblemDocument>(TRANSFERS, overdraft);
    expect(refused).toMatchObject({ status: 422, body: { code: 'insufficient_funds', account: 'clients:2', instance: TRANSFERS } });
    await post(TRANSFERS, { ...deposit('funds', '10'), credit: 'clients:2' });
    const again = await post<ProblemDocument>(TRANSFERS, overdraft);
    expect([again.status, again.body.code, again.headers['idempotency-replayed']]).toEqual([422, 'insufficient_funds', 'true']);
    expect((await get(`${TRANSFERS}/overdraft`)).status).toBe(404);
    expect((await get('/v1/ledgers/main/commands/overdraft')).body).toMatchObject({ status: 'rejected', code: 'insufficient_funds' });
  });

  it.each([
    ['a JSON number', deposit('n', 5), 'invalid_amount', '/amount'],
    ['an exponent form', deposit('n', '1e3'), 'invalid_amount', '/amount'],
    ['a fraction', deposit('n', '1.5'), 'invalid_amount', '/amount'],
    ['zero', deposit('n', '0'), 'invalid_amount', '/amount'],
    ['2^128', deposit('n', '340282366920938463463374607431768211456'), 'invalid_amount', '/amount'],
    ['an unknown field', deposit('n', '1', { colour: 'red' }), 'invalid_operation', '/colour'],
    ['a day that does not exist', deposit('n', '1', { effectiveAt: '2026-02-30T00:00:00Z' }), 'invalid_date', '/effectiveAt'],
    ['the same account twice', { id: 'n', debit: 'bank:cash', credit: 'bank:cash', amount: '1' }, 'same_account', '/credit'],
    ['a card number', deposit('n', '1', { reference: '4111 1111 1111 1111' }), 'card_number', '/reference'],
    ['no object', '[]', 'invalid_operation', undefined],
  ])('with %s is refused for its shape and spends nothing', async (_, body, code, pointer) => {
    const before = (await get<{ position: number }>('/v1/ledgers/main')).body.position;
    const refused = await post<ProblemDocument>(TRANSFERS, body);
    expect([refused.status, refused.body.code, refused.body.errors?.[0]?.pointer]).toEqual([400, code, pointer]);
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect((await get<{ position: number }>('/v1/ledgers/main')).body.position).toBe(before);
    expect((await get('/v1/ledgers/main/commands/n')).status).toBe(404);
  });
});

describe('accounts', () => {
  it('are opened, changed, closed and reopened, each answer as it was the first time', async () => {
    const opened = await post<AccountBody>('/v1/ledgers/main/accounts', {
      id: 'clients:9',
      type: 'liability',
      asset: 'KWD',
      metadata: { tier: '1' },
    });
    expect(opened).toMatchObject({
      status: 201,
      body: {
        id: 'clients:9',
        exponent: 3,
        normalSide: 'credit',
        minBalance: null,
        frozen: 'none',
        metadata: { tier: '1' },
        balances: { posted: '0' },
      },
    });
    const changed = await send<AccountBody>('PATCH', '/v1/ledgers/main/accounts/clients:9', {
      id: 'u1',
      maxBalance: '500',
      frozen: 'debits',
    });
    expect(changed).toMatchObject({ status: 200, body: { maxBalance: '500', frozen: 'debits', metadata: { tier: '1' } } });
    expect(await post('/v1/ledgers/main/accounts/clients:9/close', { id: 'c1' })).toMatchObject({ status: 200, body: { closed: true } });
    expect(await post('/v1/ledgers/main/accounts/clients:9/reopen', { id: 'c2' })).toMatchObject({ status: 200, body: { closed: false } });
    expect(
      (await post('/v1/ledgers/main/accounts', { id: 'clients:9', type: 'liability', asset: 'KWD', metadata: { tier: '1' } })).body,
    ).toEqual(opened.body);
    expect((await send('PATCH', '/v1/ledgers/main/accounts/clients:9', { id: 'u1', maxBalance: '500', frozen: 'debits' })).body).toEqual(
      changed.body,
    );
  });

  it('are in an asset somebody defined', async () => {
    expect(await post('/v1/ledgers/main/accounts', { id: 'points', type: 'liability', asset: 'POINTS' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_asset' },
    });
    expect(await put('/v1/assets/POINTS', { exponent: 0 })).toMatchObject({ status: 201 });
    expect(await put('/v1/assets/POINTS', { exponent: 0 })).toMatchObject({ status: 200 });
    expect(await put('/v1/assets/POINTS', { exponent: 2 })).toMatchObject({ status: 409 });
    expect(await put('/v1/assets/CZK', { exponent: 0 })).toMatchObject({ status: 409 });
    expect(await post('/v1/ledgers/main/accounts', { id: 'points', type: 'liability', asset: 'POINTS' })).toMatchObject({
      status: 201,
      body: { exponent: 0 },
    });
  });
});

describe('a command that is given up', () => {
  it('is cancelled for certain, or has its first answer', async () => {
    expect(await post('/v1/ledgers/main/commands/never/cancel', undefined)).toMatchObject({
      status: 200,
      body: { id: 'never', status: 'rejected', code: 'cancelled' },
    });
    expect(await post(TRANSFERS, deposit('never', '1'))).toMatchObject({ status: 422, body: { code: 'cancelled' } });
    await post(TRANSFERS, deposit('done', '1'));
    expect(await post('/v1/ledgers/main/commands/done/cancel', undefined)).toMatchObject({
      status: 200,
      body: { id: 'done', status: 'applied' },
    });
  });
});

describe('a batch', () => {
  it('answers each operation, bad ones too, in order', async () => {
    const { status, body } = await post<{ results: ResultBody[] }>(BATCH, {
      operations: [
        { op: 'transfer', ...deposit('b1', '5') },
        { op: 'transfer', ...deposit('b2', '-5') },
        { op: 'transfer', ...deposit('b1', '5') },
        { op: 'transfer', ...deposit('b3', '5'), credit: 'clients:77' },
        { op: 'fly' },
        { op: 'transfer', ...deposit('b4', '5') },
      ],
    });
    expect(status).toBe(200);
    expect(body.results.map(({ id, status, code, replayed }) => [id, status, code, replayed])).toEqual([
      ['b1', 'applied', undefined, undefined],
      ['b2', 'rejected', 'invalid_amount', undefined],
      ['b1', 'applied', undefined, true],
      ['b3', 'rejected', 'account_not_found', undefined],
      [undefined, 'rejected', 'invalid_operation', undefined],
      ['b4', 'applied', undefined, undefined],
    ]);
  });

  it('of nothing but bad operations is answered at once', async () => {
    const { status, body } = await post<{ results: ResultBody[] }>(BATCH, { operations: [{ op: 'fly' }, 7] });
    expect([status, body.results.map(({ code }) => code)]).toEqual([200, ['invalid_operation', 'invalid_operation']]);
  });

  it('does a group whole or not at all', async () => {
    const group = (...operations: object[]) => ({ operations: [{ op: 'group', operations }] });
    const one = { op: 'transfer', ...deposit('g1', '5') };
    const bad = { op: 'transfer', id: 'g2', debit: 'clients:2', credit: 'clients:1', amount: '1000000' };
    const failed = await post<{ results: ResultBody[] }>(BATCH, group(one, bad));
    expect(failed.body.results[0]).toMatchObject({
      status: 'rejected',
      code: 'group_failed',
      results: [
        { id: 'g1', code: 'group_failed' },
        { id: 'g2', code: 'insufficient_funds' },
      ],
    });
    expect((await get('/v1/ledgers/main/commands/g1')).status).toBe(404);
    const done = await post<{ results: ResultBody[] }>(BATCH, group(one, { op: 'transfer', ...deposit('g3', '6') }));
    expect(done.body.results[0]).toMatchObject({
      status: 'applied',
      results: [
        { id: 'g1', status: 'applied' },
        { id: 'g3', status: 'applied' },
      ],
    });
    const again = await post<{ results: ResultBody[] }>(BATCH, group(one, { op: 'transfer', ...deposit('g3', '6') }));
    expect(again.body.results[0]!.results!.map(({ replayed, position }) => [replayed, position])).toEqual(
      done.body.results[0]!.results!.map(({ position }) => [true, position]),
    );
  });

  it.each([
    ['no operations', { operations: [] }],
    ['more than a batch may hold', { operations: Array.from({ length: 8_193 }, () => 0) }],
    ['something beside them', { operations: [0], dryRun: true }],
    ['no object', '[]'],
  ])('with %s is refused as a whole', async (_, body) => {
    expect(await post(BATCH, body)).toMatchObject({ status: 400, body: { code: 'invalid_operation' } });
  });
});

describe('the journal', () => {
  it('is read in pages and as lines, the same bytes', async () => {
    const events: string[] = [];
    for (let after = '0'; ;) {
      const { body } = await get<{ items: { position: number; event: string; texts: unknown }[]; next: string | null }>(
        `/v1/ledgers/main/journal?after=${after}&limit=7`,
      );
      events.push(...body.items.map(({ event }) => event));
      if (body.next === null) break;
      after = body.next;
    }
    const lines = await service.journalLines();
    expect(lines).toBe(events.map((event) => `${event}\n`).join(''));
    expect(events.map((event) => (JSON.parse(event) as { version: number }).version)).toEqual(events.map((_, i) => i + 1));
    expect(JSON.parse(events[1]!)).toMatchObject({ actor: 'key:one', type: 'AccountOpened' });
    expect(events.join('')).not.toContain('opening deposit');
  });

  it('goes on after a page that its size cut short', async () => {
    await put('/v1/ledgers/wide', {});
    await post('/v1/ledgers/wide/accounts', { id: 'bank:cash', type: 'asset', asset: 'CZK' });
    await post('/v1/ledgers/wide/accounts', { id: 'clients:1', type: 'liability', asset: 'CZK' });
    const postings = Array.from({ length: 64 }, (_, i) => ({
      account: i % 2 ? 'clients:1' : 'bank:cash',
      side: i % 2 ? 'credit' : 'debit',
      amount: '1',
    }));
    const operations = Array.from({ length: 400 }, (_, i) => ({ op: 'transfer', id: `w${i}`, postings }));
    await post('/v1/ledgers/wide/batch', { operations });
    const positions: number[] = [];
    let pages = 0;
    for (let after: string | null = '0'; after !== null; pages += 1) {
      const { body }: Answer<{ items: { position: number }[]; next: string | null }> = await get(
        `/v1/ledgers/wide/journal?after=${after}&limit=1000`,
      );
      positions.push(...body.items.map(({ position }) => position));
      after = body.next;
    }
    expect(pages).toBeGreaterThan(1);
    expect(positions).toEqual(Array.from({ length: 403 }, (_, i) => i + 1));
  });

  it('is fed to services alone', async () => {
    expect((await get('/v1/feed/heads')).status).toBe(403);
    const as = { authorization: `Bearer ${service.feedToken}` };
    const { body } = await get<{ heads: { stream: string; version: number }[]; next: string }>('/v1/feed/heads', as);
    expect(body.heads.length).toBe(3);
    const [head] = body.heads;
    const stream = await get<{ events: { version: number }[] }>(`/v1/feed/streams/${head!.stream}?after=0`, as);
    expect(stream.body.events.map(({ version }) => version)).toEqual(Array.from({ length: head!.version }, (_, i) => i + 1));
    expect((await get<{ heads: unknown[] }>(`/v1/feed/heads?after=${encodeURIComponent(body.next)}`, as)).body.heads).toEqual([]);
  });
});

describe('who asks', () => {
  it('needs a token, and the right one', async () => {
    expect(await get('/v1/ledgers', { authorization: '' })).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await get('/v1/ledgers', { authorization: `Bearer ${service.feedToken}` })).status).toBe(403);
    expect((await send('PUT', TRANSFERS, {})).status).toBe(405);
  });
});
