import { randomUUID } from 'node:crypto';
import { tenantTokens } from '@mizan/platform';
import type { SentCall } from '../ports.js';
import { cuttingProxy } from './cutting-proxy.fixture.js';
import type { LedgerCall } from './ledger-call.js';
import { LedgerCalls } from './ledger-calls.js';
import { OWNER, TENANT, journalOf, ledgerPlatform, openBooks } from './ledger-platform.fixture.js';

let books: Awaited<ReturnType<typeof ledgerPlatform>>;
let proxy: Awaited<ReturnType<typeof cuttingProxy>>;
let calls: LedgerCalls;
/** What befalls the next request. */
let fate: 'pass' | 'before' | 'after' = 'pass';
let ledger: string;

beforeAll(async () => {
  books = await ledgerPlatform();
  proxy = await cuttingProxy(books.platform.url, () => fate);
  calls = callsWith(tenantTokens({ gatewayUrl: books.platform.url, apiKey: books.serviceKey }));
}, 120_000);
afterAll(async () => {
  await calls?.close();
  proxy?.stop();
  await books?.stop();
}, 60_000);
beforeEach(async () => {
  fate = 'pass';
  ledger = `l-${randomUUID().slice(0, 8)}`;
  await openBooks(books.client, ledger, 1_000n);
});

const callsWith = (token: ConstructorParameters<typeof LedgerCalls>[0]['token']): LedgerCalls =>
  new LedgerCalls({ url: proxy.url, token, deadlineMs: 4_000 });

const call = (id: string, operation: LedgerCall['operation'], tenant = TENANT): SentCall => ({
  id,
  step: 'step',
  content: { tenant, ledger, operation },
  causation: `${id.slice(0, id.indexOf(':'))}@2`,
});
const pay = (amount: string): LedgerCall['operation'] => ({ op: 'transfer', debit: 'deposits', credit: 'payable', amount });
const payable = async (): Promise<string> => (await books.client.balance(ledger, 'payable', { minPosition: await end() })).balances.posted;
const end = async (): Promise<number> => (await books.client.ledger(ledger)).position;

it('posts under the id of the call, once however often it is sent, in the name of the service, for its process and because of its event', async () => {
  const first = await calls.send(call('sweep-1:pay:1', pay('300')));
  expect(first).toEqual({ status: 'done', answer: { position: expect.any(Number) as number } });
  expect(await calls.send(call('sweep-1:pay:1', pay('300')))).toEqual(first);
  expect(await calls.lookup(call('sweep-1:pay:1', pay('300')))).toEqual(first);
  expect(await payable()).toBe('300');
  expect((await journalOf(books.client, ledger)).filter(({ id }) => id === 'sweep-1:pay:1')).toEqual([
    { type: 'EntryPosted', actor: `service:${OWNER}`, correlation: 'sweep-1', causation: 'sweep-1@2', id: 'sweep-1:pay:1' },
  ]);
});

it('knows nothing of an id that was not sent', async () => {
  expect(await calls.lookup(call('sweep-1:pay:1', pay('1')))).toBeNull();
});

it('says what a limit left to move, also when asked again', async () => {
  const capped: LedgerCall['operation'] = { ...(pay('5000') as object), op: 'transfer', cap: 'debit' } as LedgerCall['operation'];
  const moved = { status: 'done', answer: { position: expect.any(Number) as number, amount: '1000' } };
  expect(await calls.send(call('sweep-1:pay:1', capped))).toEqual(moved);
  expect(await calls.lookup(call('sweep-1:pay:1', capped))).toEqual(moved);
});

it('is refused for good where the ledger recorded that', async () => {
  const no = { status: 'refused', rejection: { code: 'insufficient_funds', detail: expect.any(String) as string } };
  expect(await calls.send(call('sweep-1:pay:1', pay('1001')))).toEqual(no);
  await books.client.transfer(ledger, { id: 'more', debit: 'cash', credit: 'deposits', amount: '9000' });
  expect(await calls.send(call('sweep-1:pay:1', pay('1001')))).toEqual(no);
  expect(await calls.lookup(call('sweep-1:pay:1', pay('1001')))).toEqual(no);
});

it.each<[what: string, operation: LedgerCall['operation'], code: string]>([
  ['the state forbids', { op: 'release', hold: 'none' }, 'hold_not_found'],
  ['has a wrong shape', pay('-1'), 'invalid_amount'],
])('gives up the id of what %s, which the ledger does not record, so that no late copy can act', async (_, operation, code) => {
  expect(await calls.send(call('sweep-1:step:1', operation))).toMatchObject({ status: 'refused', rejection: { code } });
  const [cancelled] = (await journalOf(books.client, ledger)).filter(({ id }) => id === 'sweep-1:step:1');
  expect(cancelled).toMatchObject({ type: 'TransferRejected', correlation: 'sweep-1', causation: 'sweep-1@2' });
  // What was late: the same id, whatever it would do by now.
  expect(await calls.send(call('sweep-1:step:1', pay('1')))).toMatchObject({ status: 'refused', rejection: { code: 'cancelled' } });
  expect(await payable()).toBe('0');
});

it('is refused, and gives nothing up, where the id did something else', async () => {
  await calls.send(call('sweep-1:pay:1', pay('3')));
  expect(await calls.send(call('sweep-1:pay:1', pay('4')))).toMatchObject({ status: 'refused', rejection: { code: 'id_conflict' } });
  expect(await calls.lookup(call('sweep-1:pay:1', pay('4')))).toMatchObject({ status: 'refused', rejection: { code: 'id_conflict' } });
  expect(await payable()).toBe('3');
});

describe('a group', () => {
  const group = (...amounts: string[]): LedgerCall['operation'] =>
    ({ op: 'group', operations: amounts.map((amount) => pay(amount)) }) as LedgerCall['operation'];

  it('is done as a whole, once, each member under the id with its place', async () => {
    const done = {
      status: 'done',
      answer: { results: [{ position: expect.any(Number) as number }, { position: expect.any(Number) as number }] },
    };
    expect(await calls.send(call('sweep-1:pay:1', group('10', '20')))).toEqual(done);
    expect(await calls.lookup(call('sweep-1:pay:1', group('10', '20')))).toEqual(done);
    expect(await payable()).toBe('30');
    const because = { correlation: 'sweep-1', causation: 'sweep-1@2' };
    expect((await journalOf(books.client, ledger)).filter(({ id }) => id.startsWith('sweep-1:'))).toMatchObject([
      { id: 'sweep-1:pay:1:1', ...because },
      { id: 'sweep-1:pay:1:2', ...because },
    ]);
  });

  it.each([
    ['a recorded', ['10', '2000'], 'insufficient_funds'],
    ['an unrecorded', ['10', '-5'], 'invalid_amount'],
  ])('with %s refusal is refused for good, with the reason of its member', async (_, amounts, code) => {
    const refused = { status: 'refused', rejection: { code } };
    expect(await calls.send(call('sweep-1:pay:1', group(...amounts)))).toMatchObject(refused);
    await books.client.transfer(ledger, { id: 'more', debit: 'cash', credit: 'deposits', amount: '9000' });
    expect(await calls.send(call('sweep-1:pay:1', group('10', '2000')))).toMatchObject({ status: 'refused' });
    expect(await payable()).toBe('0');
  });
});

it('names a call whose content is none', async () => {
  await expect(calls.send({ id: 'sweep-1:pay:1', step: 'pay', content: { op: 'transfer' }, causation: 'sweep-1@2' })).rejects.toThrow(
    'sweep-1:pay:1 calls for is not {',
  );
  await expect(calls.lookup({ id: 'sweep-1:pay:1', step: 'pay', content: null, causation: 'sweep-1@2' })).rejects.toThrow(
    'sweep-1:pay:1 calls for is not {',
  );
});

describe('what is not known', () => {
  it.each(['before', 'after'] as const)('is thrown where the line breaks %s the request went out, and can be asked for', async (when) => {
    await calls.send(call('sweep-0:pay:1', pay('1')));
    fate = when;
    const cuts = proxy.cuts[when];
    await expect(calls.send(call('sweep-1:pay:1', pay('50')))).rejects.toThrow();
    await expect(calls.lookup(call('sweep-1:pay:1', pay('50')))).rejects.toThrow();
    expect(proxy.cuts[when]).toBeGreaterThan(cuts);
    fate = 'pass';
    const found = (await calls.lookup(call('sweep-1:pay:1', pay('50')))) ?? (await calls.send(call('sweep-1:pay:1', pay('50'))));
    expect(found).toMatchObject({ status: 'done' });
    expect(await payable()).toBe('51');
  });

  it.each<[what: string, asked: () => SentCall]>([
    [
      'there is no such ledger yet',
      () => ({ ...call('sweep-1:pay:1', pay('1')), content: { tenant: TENANT, ledger: 'nowhere', operation: pay('1') } }),
    ],
    ['the tenant is not known', () => call('sweep-1:pay:1', pay('1'), 'nobody')],
  ])('is thrown where %s: it may be right later', async (_, asked) => {
    await expect(calls.send(asked())).rejects.toThrow();
    await expect(calls.lookup(asked())).rejects.toThrow();
  });

  it('is thrown where the token is not taken any more, and the next call has another', async () => {
    const tokens = tenantTokens({ gatewayUrl: books.platform.url, apiKey: books.serviceKey });
    const told: (string | undefined)[] = [];
    let stale = true;
    const own = callsWith(async (tenant, refused) => {
      told.push(refused);
      if (refused !== undefined) stale = false;
      return stale ? 'not-a-token' : tokens(tenant);
    });
    await expect(own.send(call('sweep-1:pay:1', pay('5')))).rejects.toThrow();
    expect(told).toContain('not-a-token');
    expect(await own.send(call('sweep-1:pay:1', pay('5')))).toMatchObject({ status: 'done' });
    await own.close();
  });
});
