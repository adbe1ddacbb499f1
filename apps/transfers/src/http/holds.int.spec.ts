import type { EntryBody, HoldBody, LedgerBody, ProblemDocument, ResultBody } from '@mizan/contracts';
import { type Service, startService } from '../service.fixture.js';

let service: Service;
let post: Service['post'];
let get: Service['get'];

const LEDGER = '/v1/ledgers/main';
const HOLDS = `${LEDGER}/holds`;
const TRANSFERS = `${LEDGER}/transfers`;
const hold = (id: string, amount: string, more: object = {}) => ({ id, debit: 'clients:1', credit: 'shops:1', amount, ...more });
const words = { reference: 'order 17', metadata: { order: '17' } };
const soon = (inMs: number): string => new Date(Date.now() + inMs).toISOString();
const batch = async (...operations: object[]): Promise<readonly ResultBody[]> =>
  (await post<{ results: ResultBody[] }>(`${LEDGER}/batch`, { operations })).body.results;

beforeAll(async () => {
  service = await startService();
  ({ post, get } = service);
  for (const [id, type, minBalance] of [
    ['bank:cash', 'asset', undefined],
    ['clients:1', 'liability', '0'],
    ['clients:2', 'liability', '0'],
    ['shops:1', 'liability', undefined],
  ] as const)
    await post(`${LEDGER}/accounts`, { id, type, asset: 'CZK', minBalance });
  await post(TRANSFERS, { id: 'funds', debit: 'bank:cash', credit: 'clients:1', amount: '1000000' });
});
afterAll(() => service?.stop());

/** Waits for what happens by itself. */
async function until<T>(look: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const holdNow = async (id: string): Promise<HoldBody> => (await get<HoldBody>(`${HOLDS}/${id}`)).body;
const ended = (id: string): Promise<HoldBody> => until(async () => (await holdNow(id)).status !== 'placed' && holdNow(id));

describe('a hold', () => {
  it('is placed, shown, captured in parts and whole, each answer the same the second time', async () => {
    const placed = await post<HoldBody>(HOLDS, hold('h1', '500', { ...words, expiresAt: '2099-01-01T00:00:00Z' }));
    expect(placed).toMatchObject({
      status: 201,
      body: {
        id: 'h1',
        ledger: 'main',
        debit: 'clients:1',
        credit: 'shops:1',
        asset: 'CZK',
        amount: '500',
        captured: '0',
        released: '0',
        remaining: '500',
        status: 'placed',
        expiresAt: '2099-01-01T00:00:00.000Z',
        ...words,
      },
    });
    const first = await post<EntryBody>(`${HOLDS}/h1/capture`, { id: 'h1:a', amount: '200', final: false });
    expect(first).toMatchObject({
      status: 201,
      body: {
        id: 'h1:a',
        hold: { id: 'h1', remaining: '300', status: 'placed' },
        reverses: null,
        ...words,
        postings: [{ account: 'clients:1', side: 'debit', amount: '200' }, { account: 'shops:1' }],
      },
    });
    const last = await post<EntryBody>(`${HOLDS}/h1/capture`, { id: 'h1:b', amount: '250', reference: 'the rest' });
    expect(last.body).toMatchObject({ hold: { remaining: '0', status: 'captured' }, reference: 'the rest', metadata: words.metadata });
    expect(await holdNow('h1')).toEqual({
      ...placed.body,
      captured: '450',
      released: '50',
      remaining: '0',
      status: 'captured',
      position: last.body.position,
    });
    for (const [path, body, answer] of [
      [HOLDS, hold('h1', '500', { ...words, expiresAt: '2099-01-01T00:00:00Z' }), placed],
      [`${HOLDS}/h1/capture`, { id: 'h1:a', amount: '200', final: false }, first],
      [`${HOLDS}/h1/capture`, { id: 'h1:b', amount: '250', reference: 'the rest', final: true }, last],
    ] as const) {
      const again = await post(path, body);
      expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', answer.body]);
    }
    expect((await get<EntryBody>(`${TRANSFERS}/h1:a`)).body).toEqual(first.body);
    expect((await get(`${HOLDS}/h1:a`)).status).toBe(404);
    expect((await get(`${TRANSFERS}/h1`)).status).toBe(404);
    expect(await post(`${HOLDS}/h1/capture`, { id: 'h1:c' })).toMatchObject({
      status: 422,
      body: { code: 'hold_captured', field: 'hold' },
    });
  });

  it('is released, with the words it was placed with', async () => {
    const placed = await post<HoldBody>(HOLDS, hold('h2', '70', words));
    const released = await post<HoldBody>(`${HOLDS}/h2/release`, { id: 'h2:back' });
    expect(released.status).toBe(200);
    expect(released.body).toEqual({
      ...placed.body,
      released: '70',
      remaining: '0',
      status: 'released',
      position: released.body.position,
    });
    const again = await post<HoldBody>(`${HOLDS}/h2/release`, { id: 'h2:back' });
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', released.body]);
    expect(await post(`${HOLDS}/h2/release`, { id: 'h2:twice' })).toMatchObject({ status: 422, body: { code: 'hold_released' } });
    expect(await post(`${HOLDS}/none/release`, { id: 'none:back' })).toMatchObject({ status: 404, body: { code: 'hold_not_found' } });
  });

  it('holds money back, and what is recorded as refused stays refused', async () => {
    const poor = { id: 'h3', debit: 'clients:2', credit: 'shops:1', amount: '1' };
    expect(await post(HOLDS, poor)).toMatchObject({ status: 422, body: { code: 'insufficient_funds', account: 'clients:2' } });
    await post(TRANSFERS, { id: 'h3:funds', debit: 'bank:cash', credit: 'clients:2', amount: '1' });
    const again = await post<ProblemDocument>(HOLDS, poor);
    expect([again.status, again.body.code, again.headers['idempotency-replayed']]).toEqual([422, 'insufficient_funds', 'true']);
    await post(HOLDS, { ...poor, id: 'h4' });
    expect(await post(TRANSFERS, { id: 'h4:spent', debit: 'clients:2', credit: 'bank:cash', amount: '1' })).toMatchObject({
      status: 422,
      body: { code: 'insufficient_funds' },
    });
  });

  it('is the same command in a batch and on its own route', async () => {
    const results = await batch(
      { op: 'hold', ...hold('b1', '30') },
      { op: 'capture', id: 'b1:all', hold: 'b1' },
      { op: 'hold', ...hold('b2', '40') },
      { op: 'release', id: 'b2:back', hold: 'b2' },
      {
        op: 'group',
        operations: [
          { op: 'hold', ...hold('b3', '50') },
          { op: 'capture', id: 'b3:part', hold: 'b3', amount: '20' },
        ],
      },
    );
    expect(results.map(({ status, amount }) => [status, amount])).toEqual([
      ['applied', undefined],
      ['applied', '30'],
      ['applied', undefined],
      ['applied', undefined],
      ['applied', undefined],
    ]);
    for (const [path, body] of [
      [HOLDS, hold('b1', '30')],
      [`${HOLDS}/b1/capture`, { id: 'b1:all' }],
      [`${HOLDS}/b2/release`, { id: 'b2:back' }],
      [`${HOLDS}/b3/capture`, { id: 'b3:part', amount: '20' }],
    ] as const) {
      const again = await post(path, body);
      expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    }
    expect(await holdNow('b3')).toMatchObject({ captured: '20', released: '30', status: 'captured' });
  });
});

describe('a hold that falls due', () => {
  it('expires by itself, and the event names the writer', async () => {
    await post(HOLDS, hold('e1', '11', { expiresAt: soon(300), ...words }));
    expect(await ended('e1')).toMatchObject({ status: 'expired', released: '11', remaining: '0', ...words });
    expect(await post(`${HOLDS}/e1/capture`, { id: 'e1:late' })).toMatchObject({ status: 422, body: { code: 'hold_expired' } });
    const events = (await service.journalLines()).trimEnd().split('\n');
    const expiry = events.map((line) => JSON.parse(line) as { type: string; actor: string; correlation: unknown; data: object });
    expect(expiry.find(({ type }) => type === 'HoldExpired')).toMatchObject({
      actor: 'transfers',
      correlation: null,
      data: { hold: { id: 'e1' } },
    });
  });

  it('expires after a restart, without traffic', async () => {
    await post(HOLDS, hold('e2', '12', { expiresAt: soon(600) }));
    await service.restart();
    expect(await ended('e2')).toMatchObject({ status: 'expired' });
  });

  it('is refused where its moment has passed', async () => {
    expect(await post(HOLDS, hold('e3', '1', { expiresAt: '2020-01-01T00:00:00Z' }))).toMatchObject({
      status: 400,
      body: { code: 'invalid_date', field: 'expiresAt' },
    });
    expect((await get(`${LEDGER}/commands/e3`)).status).toBe(404);
  });
});

describe('a reversal', () => {
  it('takes an entry back, in part and whole, and the entry names it', async () => {
    const entry = await post<EntryBody>(TRANSFERS, { id: 'r1', debit: 'clients:1', credit: 'shops:1', amount: '100' });
    expect(entry.body).toMatchObject({ reverses: null, reversedBy: [], hold: null });
    const part = await post<EntryBody>(`${TRANSFERS}/r1/reverse`, { id: 'r1:a', amount: '40', ...words });
    expect(part).toMatchObject({
      status: 201,
      body: {
        reverses: 'r1',
        ...words,
        postings: [
          { account: 'shops:1', side: 'debit', amount: '40' },
          { account: 'clients:1', side: 'credit' },
        ],
      },
    });
    expect(await post(`${TRANSFERS}/r1/reverse`, { id: 'r1:whole' })).toMatchObject({
      status: 422,
      body: { code: 'reversal_exceeds_entry' },
    });
    await post(`${TRANSFERS}/r1/reverse`, { id: 'r1:b', amount: '60' });
    await post(`${TRANSFERS}/r1:a/reverse`, { id: 'r1:a:back' });
    expect((await get<EntryBody>(`${TRANSFERS}/r1`)).body).toEqual({ ...entry.body, reversedBy: ['r1:a', 'r1:b'] });
    expect((await get<EntryBody>(`${TRANSFERS}/r1:a`)).body.reversedBy).toEqual(['r1:a:back']);
    expect(await post(`${TRANSFERS}/r1/reverse`, { id: 'r1:c', amount: '1' })).toMatchObject({ status: 422 });
    const again = await post<EntryBody>(`${TRANSFERS}/r1/reverse`, { id: 'r1:a', amount: '40', ...words });
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', part.body]);
    expect(await post(`${TRANSFERS}/none/reverse`, { id: 'none:r' })).toMatchObject({ status: 404, body: { code: 'entry_not_found' } });
  });
});

describe('a capped transfer', () => {
  it('moves what the limit leaves, and says how much', async () => {
    await post(`${LEDGER}/accounts`, { id: 'clients:3', type: 'liability', asset: 'CZK', minBalance: '0', maxBalance: '90' });
    const up = { id: 'c1', debit: 'bank:cash', credit: 'clients:3', amount: '100', cap: 'credit' };
    expect(await post<EntryBody>(TRANSFERS, up)).toMatchObject({ status: 201, body: { postings: [{ amount: '90' }, { amount: '90' }] } });
    expect(await batch({ op: 'transfer', ...up })).toMatchObject([{ id: 'c1', status: 'applied', replayed: true, amount: '90' }]);
    expect(await post(TRANSFERS, { ...up, id: 'c2' })).toMatchObject({ status: 422, body: { code: 'limit_exceeded' } });
    const down = { id: 'c3', debit: 'clients:3', credit: 'bank:cash', amount: '91', cap: 'debit' };
    expect(await batch({ op: 'transfer', ...down })).toMatchObject([{ status: 'applied', amount: '90' }]);
  });
});

describe('a period', () => {
  it('is closed, for the ledger as it is shown, open in memory or not', async () => {
    const closed = await post<LedgerBody>(`${LEDGER}/close-period`, { id: 'p1', through: '2020-12-31' });
    expect(closed).toMatchObject({ status: 200, body: { id: 'main', name: 'Main book', closedThrough: '2020-12-31' } });
    expect((await get(LEDGER)).body).toEqual(closed.body);
    const late = { id: 'p1:late', debit: 'bank:cash', credit: 'clients:1', amount: '1', effectiveAt: '2020-12-31T23:59:59.999Z' };
    expect(await post(TRANSFERS, late)).toMatchObject({ status: 422, body: { code: 'period_closed' } });
    expect((await post(TRANSFERS, { ...late, effectiveAt: '2021-01-01T00:00:00Z' })).status).toBe(201);
    expect(await post(`${LEDGER}/close-period`, { id: 'p2', through: '2020-12-31' })).toMatchObject({ body: { code: 'period_closed' } });
    expect(await post(`${LEDGER}/close-period`, { id: 'p3', through: '2099-12-31' })).toMatchObject({ body: { code: 'invalid_date' } });
    expect(await batch({ op: 'close-period', id: 'p1', through: '2020-12-31' })).toMatchObject([{ status: 'applied', replayed: true }]);
    const again = await post(`${LEDGER}/close-period`, { id: 'p1', through: '2020-12-31' });
    expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', closed.body]);
    await service.restart();
    expect((await get<LedgerBody>(LEDGER)).body.closedThrough).toBe('2020-12-31');
    expect((await get<{ items: LedgerBody[] }>('/v1/ledgers')).body.items).toMatchObject([{ id: 'main', closedThrough: '2020-12-31' }]);
  });

  it('is known where the index is behind the journal and nobody has the ledger open', async () => {
    await service.database.administrate('DELETE FROM transfers.command_ids_through');
    await service.restart();
    await service.database.administrate('DELETE FROM transfers.command_ids_through');
    expect((await get<LedgerBody>(LEDGER)).body.closedThrough).toBe('2020-12-31');
  });
});
