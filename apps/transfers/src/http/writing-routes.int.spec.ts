import type { EntryBody, HoldBody, LedgerBody, ProblemDocument, ResultBody } from '@mizan/contracts';
import { type Service, startService } from '../service.fixture.js';

let service: Service;

const LEDGER = '/v1/ledgers/main';

beforeAll(async () => {
  service = await startService();
  for (const [id, type] of [
    ['bank:cash', 'asset'],
    ['clients:1', 'liability'],
  ] as const)
    await service.post(`${LEDGER}/accounts`, { id, type, asset: 'CZK' });
  await service.post(`${LEDGER}/holds`, { ...move, id: 'h' });
  await service.post(`${LEDGER}/transfers`, { ...move, id: 't' });
});
afterAll(() => service?.stop());

const move = { debit: 'bank:cash', credit: 'clients:1', amount: '5' };
const position = async (): Promise<number> => (await service.get<LedgerBody>(LEDGER)).body.position;

it.each<readonly [method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown]>([
  ['PUT', LEDGER, {}],
  ['PUT', '/v1/ledgers/another', {}],
  ['PUT', '/v1/assets/POINTS', { exponent: 0 }],
  ['POST', `${LEDGER}/accounts`, { id: 'clients:2', type: 'liability', asset: 'CZK' }],
  ['PATCH', `${LEDGER}/accounts/clients:1`, { id: 'u', frozen: 'debits' }],
  ['POST', `${LEDGER}/accounts/clients:1/close`, { id: 'x' }],
  ['POST', `${LEDGER}/accounts/clients:1/reopen`, { id: 'x' }],
  ['POST', `${LEDGER}/close-period`, { id: 'p', through: '2020-01-01' }],
  ['POST', `${LEDGER}/transfers`, { ...move, id: 'x' }],
  ['POST', `${LEDGER}/transfers/t/reverse`, { id: 'x' }],
  ['POST', `${LEDGER}/holds`, { ...move, id: 'x' }],
  ['POST', `${LEDGER}/holds/h/capture`, { id: 'x' }],
  ['POST', `${LEDGER}/holds/h/release`, { id: 'x' }],
  ['POST', `${LEDGER}/commands/x/cancel`, undefined],
  ['POST', `${LEDGER}/batch`, { operations: [{ ...move, op: 'transfer', id: 'x' }] }],
])('%s %s takes no query parameter', async (method, path, body) => {
  const before = await position();
  for (const query of ['effectiveAt=2020-01-01T00:00:00Z', 'id=y&id=z', 'dryRun']) {
    const refused = await service.send<ProblemDocument>(method, `${path}?${query}`, body);
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([400, 'invalid_query', query.split('=')[0]]);
  }
  expect(await position()).toBe(before);
  expect((await service.get(`/v1/ledgers/another`)).status).toBe(404);
});

describe('to give an id up', () => {
  it.each([{ id: 'given' }, [], null, 'text', { reason: '' }])('with the body %j is refused', async (body) => {
    const refused = await service.post<ProblemDocument>(`${LEDGER}/commands/given/cancel`, JSON.stringify(body));
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_operation']);
    expect((await service.get(`${LEDGER}/commands/given`)).status).toBe(404);
  });

  it('is answered again as the first time, and says so; also where the id had been used', async () => {
    const cancel = async (id: string, body?: object): Promise<unknown[]> => {
      const answer = await service.post<ResultBody>(`${LEDGER}/commands/${id}/cancel`, body);
      return [answer.status, answer.headers['idempotency-replayed'], answer.body.status];
    };
    expect(await cancel('given-up')).toEqual([200, undefined, 'rejected']);
    expect(await cancel('given-up', {})).toEqual([200, 'true', 'rejected']);
    expect(await cancel('t', {})).toEqual([200, 'true', 'applied']);
  });
});

describe('a batch of 8,193', () => {
  const empty = { op: 'group', operations: [] };
  const posed = { op: 'transfer', id: 'x', operations: [] };
  const full = { op: 'group', operations: Array.from({ length: 512 }, () => ({ op: 'cancel', id: 'x' })) };

  it.each([
    ['empty groups', Array.from({ length: 8_193 }, () => empty)],
    ['operations that pose as groups', Array.from({ length: 8_193 }, () => posed)],
    ['members of groups and one empty group', [...Array.from({ length: 16 }, () => full), empty]],
  ])('%s is refused whole', async (_, operations) => {
    const refused = await service.post<ProblemDocument>(`${LEDGER}/batch`, { operations });
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([400, 'invalid_operation', 'operations']);
    expect(refused.body.detail).toContain('this one has 8193');
  });

  it('is none where operations that are no groups carry lists', async () => {
    const many = { op: 'cancel', id: 'x', operations: Array.from({ length: 8_193 }, () => 0) };
    const { status, body } = await service.post<{ results: ResultBody[] }>(`${LEDGER}/batch`, { operations: [many] });
    expect([status, body.results[0]!.code]).toEqual([200, 'invalid_operation']);
  });
});

describe('a key of metadata that programs have a use of their own for', () => {
  const words = '{"__proto__":"p","constructor":"c","toString":"t"}';
  const given = (fields: object, metadata = words): string => `${JSON.stringify(fields).slice(0, -1)},"metadata":${metadata}}`;
  const same = new Map(Object.entries(JSON.parse(words) as object));
  const wordsOf = ({ metadata }: { readonly metadata: object }): unknown => new Map(Object.entries(metadata));

  it('is kept and given back like any other', async () => {
    const posted = await service.post<EntryBody>(`${LEDGER}/transfers`, given({ ...move, id: 'proto' }));
    expect([posted.status, wordsOf(posted.body)]).toEqual([201, same]);
    expect(wordsOf((await service.get<EntryBody>(`${LEDGER}/transfers/proto`)).body)).toEqual(same);
    const { body } = await service.get<{ items: { texts: { metadata: object } }[] }>(`${LEDGER}/journal?after=${posted.body.position - 1}`);
    expect(wordsOf(body.items[0]!.texts)).toEqual(same);
  });

  it('is inherited by a capture, and stays on an account', async () => {
    expect(wordsOf((await service.post<HoldBody>(`${LEDGER}/holds`, given({ ...move, id: 'proto:h' }))).body)).toEqual(same);
    expect(wordsOf((await service.post<EntryBody>(`${LEDGER}/holds/proto:h/capture`, { id: 'proto:c' })).body)).toEqual(same);
    const account = { id: 'clients:proto', type: 'liability', asset: 'CZK' };
    expect(wordsOf((await service.post<EntryBody>(`${LEDGER}/accounts`, given(account))).body)).toEqual(same);
    await service.restart();
    const frozen = await service.send<EntryBody>('PATCH', `${LEDGER}/accounts/clients:proto`, { id: 'proto:u', frozen: 'debits' });
    expect(wordsOf(frozen.body)).toEqual(same);
  });

  it('tells one content from another, also after a restart', async () => {
    const again = await service.post(`${LEDGER}/transfers`, given({ ...move, id: 'proto' }));
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    const other = await service.post<ProblemDocument>(`${LEDGER}/transfers`, given({ ...move, id: 'proto' }, '{"__proto__":"q"}'));
    expect([other.status, other.body.code, other.body.field]).toEqual([409, 'id_conflict', 'metadata']);
  });

  it('takes nothing else of a batch with it, whatever it holds', async () => {
    const operations = [
      given({ op: 'transfer', ...move, id: 'p1' }, '{"__proto__":{"a":1}}'),
      given({ op: 'transfer', ...move, id: 'p2' }),
    ];
    const { status, body } = await service.post<{ results: ResultBody[] }>(`${LEDGER}/batch`, `{"operations":[${operations.join()}]}`);
    expect([status, body.results.map((result) => result.code ?? result.status)]).toEqual([200, ['invalid_metadata', 'applied']]);
  });
});
