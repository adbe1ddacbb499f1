import type { EntryBody, Envelope, IdPrefixes, LedgerBody, ProblemDocument, ResultBody } from '@mizan/contracts';
import { type Service, startService } from '../service.fixture.js';

let service: Service;

const LEDGER = '/v1/ledgers/main';
const move = { debit: 'bank:cash', credit: 'clients:1', amount: '5' };

beforeAll(async () => {
  service = await startService();
  for (const [id, type] of [
    ['bank:cash', 'asset'],
    ['clients:1', 'liability'],
  ] as const)
    await service.post(`${LEDGER}/accounts`, { id, type, asset: 'CZK' });
  for (const id of ['h', 'h2']) await service.post(`${LEDGER}/holds`, { ...move, id });
  await service.post(`${LEDGER}/transfers`, { ...move, id: 't' });
});
afterAll(() => service?.stop());

const position = async (): Promise<number> => (await service.get<LedgerBody>(LEDGER)).body.position;
const lastEvent = async (): Promise<Envelope> => JSON.parse((await service.journalLines()).trim().split('\n').at(-1)!) as Envelope;
const as = async (actor: string, prefixes?: IdPrefixes): Promise<Record<string, string>> => ({
  authorization: `Bearer ${await service.sign({ tenant: 'one', actor, scopes: ['ledger'], ...(prefixes && { prefixes }) })}`,
});

describe('an id under another’s prefix', () => {
  const reserved: IdPrefixes = { own: [], reserved: ['payout-', 'till-'] };

  it.each<readonly [method: 'POST' | 'PATCH', path: string, body: unknown]>([
    ['POST', 'transfers', { ...move, id: 'payout-1:book:1' }],
    ['POST', 'holds', { ...move, id: 'payout-1:hold:1' }],
    ['POST', 'holds/h/capture', { id: 'payout-1:capture:1' }],
    ['POST', 'holds/h/release', { id: 'payout-1:release:1' }],
    ['POST', 'transfers/t/reverse', { id: 'payout-1:reverse:1' }],
    ['POST', 'commands/payout-1:book:1/cancel', undefined],
    ['POST', 'close-period', { id: 'payout-1', through: '2020-01-01' }],
    ['PATCH', 'accounts/clients:1', { id: 'payout-1', frozen: 'debits' }],
    ['POST', 'accounts/clients:1/close', { id: 'payout-1' }],
    ['POST', 'accounts/clients:1/reopen', { id: 'payout-1' }],
  ])('%s %s is forbidden, names the prefix, and changes nothing', async (method, path, body) => {
    const before = await position();
    const refused = await service.send<ProblemDocument>(method, `${LEDGER}/${path}`, body, await as('key:one', reserved));
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([403, 'forbidden', 'id']);
    expect(refused.body.detail).toContain('begin with payout-');
    expect(await position()).toBe(before);
  });

  it('is forbidden in the header too', async () => {
    const headers = { ...(await as('key:one', reserved)), 'idempotency-key': 'till-1' };
    expect(await service.post(`${LEDGER}/transfers`, move, headers)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('is one refused result of a batch, and refuses a group whole', async () => {
    const before = await position();
    const transfer = (id: string): object => ({ ...move, op: 'transfer', id });
    const operations = [
      transfer('payout-2:book:1'),
      { op: 'group', operations: [transfer('g1'), transfer('till-7'), transfer('g2')] },
      transfer('mine-1'),
    ];
    const { body, status } = await service.post<{ results: ResultBody[] }>(
      `${LEDGER}/batch`,
      { operations },
      await as('key:one', reserved),
    );
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { id: 'payout-2:book:1', status: 'rejected', code: 'forbidden', field: 'id' },
      {
        status: 'rejected',
        code: 'group_failed',
        field: 'operations/1/id',
        results: [
          { id: 'g1', code: 'group_failed' },
          { id: 'till-7', code: 'forbidden', detail: expect.stringContaining('begin with till-') },
          { id: 'g2', code: 'group_failed' },
        ],
      },
      { id: 'mine-1', status: 'applied' },
    ]);
    expect(await position()).toBe(before + 1);
    for (const id of ['payout-2:book:1', 'g1', 'till-7', 'g2']) expect((await service.get(`${LEDGER}/commands/${id}`)).status).toBe(404);
  });

  it('is spent by its owner; by those whose token says no prefix, as before; and looked up by anyone', async () => {
    const owner = await as('service:payouts', { own: ['payout-'], reserved: ['till-'] });
    expect((await service.post(`${LEDGER}/transfers`, { ...move, id: 'payout-3:book:1' }, owner)).status).toBe(201);
    expect((await service.post(`${LEDGER}/transfers`, { ...move, id: 'till-3' }, owner)).status).toBe(403);
    expect((await service.post(`${LEDGER}/transfers`, { ...move, id: 'till-3' })).status).toBe(201);
    expect((await service.get(`${LEDGER}/commands/payout-3:book:1`, await as('key:one', reserved))).status).toBe(200);
  });

  it('is no account’s name: accounts have ids of their own', async () => {
    const account = { id: 'payout-accounts', type: 'liability', asset: 'CZK' };
    expect((await service.post(`${LEDGER}/accounts`, account, await as('key:one', reserved))).status).toBe(201);
  });

  it('a token whose prefixes are malformed is none', async () => {
    const headers = await as('key:one', { own: 'payout-' } as unknown as IdPrefixes);
    expect((await service.post(`${LEDGER}/transfers`, { ...move, id: 'x' }, headers)).status).toBe(401);
  });
});

describe('why a command was sent', () => {
  const post = async (id: string, headers: Record<string, string>) =>
    service.post<EntryBody & ProblemDocument>(`${LEDGER}/transfers`, { ...move, id }, headers);

  it('stands in the event: a service’s process and the fact that led to it', async () => {
    const why = { 'mizan-correlation': 'payout-17', 'mizan-causation': 'payout-17@3' };
    expect((await post('payout-17:book:1', { ...(await as('service:payouts')), ...why })).status).toBe(201);
    expect(await lastEvent()).toMatchObject({ actor: 'service:payouts', correlation: 'payout-17', causation: 'payout-17@3' });
  });

  it('is told by a tenant’s key as a correlation alone, above the request’s own id', async () => {
    const request = '00000000-0000-4000-8000-000000000001';
    expect((await post('c1', { 'mizan-correlation': 'order-1', 'x-request-id': request })).status).toBe(201);
    expect(await lastEvent()).toMatchObject({ actor: 'key:one', correlation: 'order-1', causation: null });
    expect((await post('c2', { 'x-request-id': request })).status).toBe(201);
    expect(await lastEvent()).toMatchObject({ correlation: request, causation: null });
  });

  it.each([
    ['a causation of a key', { 'mizan-causation': 'journal-1@1' }, 403, 'forbidden', 'mizan-causation'],
    ['words', { 'mizan-correlation': 'order of Ann' }, 400, 'invalid_id', 'mizan-correlation'],
    ['nothing', { 'mizan-correlation': '' }, 400, 'invalid_id', 'mizan-correlation'],
    ['too much', { 'mizan-correlation': 'x'.repeat(129) }, 400, 'invalid_id', 'mizan-correlation'],
    ['a card number', { 'mizan-correlation': '4111111111111111' }, 400, 'card_number', 'mizan-correlation'],
  ])('is refused where it is %s', async (_, headers, status, code, field) => {
    const before = await position();
    expect(await post('never', headers)).toMatchObject({ status, body: { code, field } });
    expect(await position()).toBe(before);
  });

  it('is refused where a service names no event', async () => {
    const headers = { ...(await as('service:payouts')), 'mizan-causation': 'payout-17' };
    expect(await post('never', headers)).toMatchObject({ status: 400, body: { code: 'invalid_id', field: 'mizan-causation' } });
  });
});
