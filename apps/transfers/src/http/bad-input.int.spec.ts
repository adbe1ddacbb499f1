import type { LedgerBody, ProblemDocument, ResultBody } from '@mizan/contracts';
import { shapeCodes } from '@mizan/ledger';
import { type Service, startService } from '../service.fixture.js';

let service: Service;

const LEDGER = '/v1/ledgers/main';
const BATCH = `${LEDGER}/batch`;
const MOST = 2n ** 128n - 1n;
const CARD = '4111 1111 1111 1111';

beforeAll(async () => {
  service = await startService();
  for (const [id, type] of [
    ['bank:cash', 'asset'],
    ['clients:1', 'liability'],
  ] as const)
    await service.post(`${LEDGER}/accounts`, { id, type, asset: 'CZK' });
  await service.post(`${LEDGER}/holds`, { id: 'h', debit: 'bank:cash', credit: 'clients:1', amount: '5' });
  await service.post(`${LEDGER}/transfers`, { id: 't', debit: 'bank:cash', credit: 'clients:1', amount: '5' });
});
afterAll(() => service?.stop());

const position = async (): Promise<number> => (await service.get<LedgerBody>(LEDGER)).body.position;

type Fields = Readonly<Record<string, unknown>>;
const transfer = (more: Fields): Fields => ({ op: 'transfer', id: 'bad', debit: 'bank:cash', credit: 'clients:1', amount: '1', ...more });
const hold = (more: Fields): Fields => ({ ...transfer({}), op: 'hold', ...more });
const capture = (more: Fields): Fields => ({ op: 'capture', id: 'bad', hold: 'h', ...more });
const reverse = (more: Fields): Fields => ({ op: 'reverse', id: 'bad', entry: 't', ...more });
const open = (more: Fields): Fields => ({ op: 'open', id: 'clients:9', type: 'liability', asset: 'CZK', ...more });
const update = (more: Fields): Fields => ({ op: 'update', id: 'bad', account: 'clients:1', ...more });
const postings = (...legs: readonly unknown[]): Fields => ({ op: 'transfer', id: 'bad', postings: legs });
const leg = (account: string, side: string, amount: unknown, more: Fields = {}): Fields => ({ account, side, amount, ...more });
const two = [leg('bank:cash', 'debit', '1'), leg('clients:1', 'credit', '1')];

/** Where an operation has a route of its own, and what is sent there: all but what the path says. */
function ownRoute({ op, ...fields }: Fields): { method: 'POST' | 'PATCH'; path: string; body: Fields } {
  const part = (name: string): string => encodeURIComponent(String(fields[name]));
  const without = (name: string): Fields => Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
  switch (op) {
    case 'open':
      return { method: 'POST', path: `${LEDGER}/accounts`, body: fields };
    case 'transfer':
    case 'hold':
      return { method: 'POST', path: `${LEDGER}/${op}s`, body: fields };
    case 'capture':
    case 'release':
      return { method: 'POST', path: `${LEDGER}/holds/${part('hold')}/${op}`, body: without('hold') };
    case 'reverse':
      return { method: 'POST', path: `${LEDGER}/transfers/${part('entry')}/reverse`, body: without('entry') };
    case 'update':
      return { method: 'PATCH', path: `${LEDGER}/accounts/${part('account')}`, body: without('account') };
    case 'close':
    case 'reopen':
      return { method: 'POST', path: `${LEDGER}/accounts/${part('account')}/${op}`, body: without('account') };
    default:
      return { method: 'POST', path: `${LEDGER}/close-period`, body: fields };
  }
}

type Case = readonly [what: string, operation: Fields, code: string, field: string];

const cases: readonly Case[] = [
  ['no id', transfer({ id: undefined }), 'invalid_id', 'id'],
  ['an empty id', transfer({ id: '' }), 'invalid_id', 'id'],
  ['an id of 129 characters', hold({ id: 'x'.repeat(129) }), 'invalid_id', 'id'],
  ['an id that is a number', capture({ id: 7 }), 'invalid_id', 'id'],
  ['an id with a space', reverse({ id: 'a b' }), 'invalid_id', 'id'],
  ['a hold that cannot be an id', capture({ hold: '~' }), 'invalid_id', 'hold'],
  ['a released hold that cannot be an id', { op: 'release', id: 'bad', hold: 'a b' }, 'invalid_id', 'hold'],
  ['an entry that cannot be an id', reverse({ entry: '-t' }), 'invalid_id', 'entry'],
  ['an account id that is none', open({ id: 'clients::9' }), 'invalid_id', 'id'],

  ['no debit', transfer({ debit: undefined }), 'invalid_account', 'debit'],
  ['an account with an empty segment', hold({ credit: 'clients:' }), 'invalid_account', 'credit'],
  ['an account of 129 characters', transfer({ credit: 'c'.repeat(129) }), 'invalid_account', 'credit'],
  ['a type that is none', open({ type: 'wallet' }), 'invalid_account', 'type'],
  ['an account in a path that cannot be one', update({ account: 'a b' }), 'invalid_account', 'account'],
  ['a closed account that cannot be one', { op: 'close', id: 'bad', account: '.a' }, 'invalid_account', 'account'],
  ['a reopened account that cannot be one', { op: 'reopen', id: 'bad', account: 'a::b' }, 'invalid_account', 'account'],

  ['no amount', transfer({ amount: undefined }), 'invalid_amount', 'amount'],
  ['an amount that is a JSON number', transfer({ amount: 1 }), 'invalid_amount', 'amount'],
  ['a JSON number past 2^53', transfer({ amount: 2 ** 53 + 2 }), 'invalid_amount', 'amount'],
  ['a JSON number past 2^53, held', hold({ amount: 1e300 }), 'invalid_amount', 'amount'],
  ['an exponent form', transfer({ amount: '1e3' }), 'invalid_amount', 'amount'],
  ['an exponent form, captured', capture({ amount: '1E3' }), 'invalid_amount', 'amount'],
  ['2^128', transfer({ amount: String(MOST + 1n) }), 'invalid_amount', 'amount'],
  ['2^128, held', hold({ amount: String(MOST + 1n) }), 'invalid_amount', 'amount'],
  ['2^128, captured', capture({ amount: String(MOST + 1n) }), 'invalid_amount', 'amount'],
  ['2^128, reversed', reverse({ amount: String(MOST + 1n) }), 'invalid_amount', 'amount'],
  ['2^128 in a posting', postings(leg('bank:cash', 'debit', String(MOST + 1n)), two[1]), 'invalid_amount', 'postings/0/amount'],
  ['40 digits', transfer({ amount: '0'.repeat(39) + '1' }), 'invalid_amount', 'amount'],
  ['zero', hold({ amount: '0' }), 'invalid_amount', 'amount'],
  ['a negative amount', capture({ amount: '-1' }), 'invalid_amount', 'amount'],
  ['a sign', reverse({ amount: '+1' }), 'invalid_amount', 'amount'],
  ['a fraction', transfer({ amount: '1.0' }), 'invalid_amount', 'amount'],
  ['a hexadecimal', transfer({ amount: '0x10' }), 'invalid_amount', 'amount'],
  ['a space', transfer({ amount: ' 1' }), 'invalid_amount', 'amount'],
  ['no digits at all', transfer({ amount: '' }), 'invalid_amount', 'amount'],
  ['digits of another script', transfer({ amount: '١٢' }), 'invalid_amount', 'amount'],
  ['null as the amount of a capture', capture({ amount: null }), 'invalid_amount', 'amount'],
  ['a limit that is a JSON number', open({ minBalance: 0 }), 'invalid_amount', 'minBalance'],
  ['a limit past 2^128', update({ maxBalance: String(-MOST - 1n) }), 'invalid_amount', 'maxBalance'],
  ['a floor above the ceiling', update({ minBalance: '2', maxBalance: '1' }), 'invalid_amount', 'minBalance'],

  ['an asset that is none', open({ asset: 'czk' }), 'invalid_asset', 'asset'],
  ['an asset nobody defined', open({ asset: 'NOWHERE' }), 'invalid_asset', 'asset'],

  ['no postings', postings(), 'invalid_postings', 'postings'],
  ['one posting', postings(two[0]), 'invalid_postings', 'postings'],
  ['65 postings', postings(...Array.from({ length: 65 }, (_, i) => two[i % 2])), 'invalid_postings', 'postings'],
  ['postings that are no list', { ...postings(), postings: { length: 2 } }, 'invalid_postings', 'postings'],
  ['a posting that is none', postings(two[0], null), 'invalid_postings', 'postings/1'],
  ['a side that is none', postings(two[0], leg('clients:1', 'left', '1')), 'invalid_postings', 'postings/1/side'],
  ['both forms at once', transfer({ postings: two }), 'invalid_postings', 'debit'],

  ['the same account on both sides', transfer({ credit: 'bank:cash' }), 'same_account', 'credit'],
  ['the same account on both sides of a hold', hold({ credit: 'bank:cash' }), 'same_account', 'credit'],
  ['postings on one account', postings(two[0], leg('bank:cash', 'credit', '1')), 'same_account', 'postings'],

  ['more debits than credits', postings(leg('bank:cash', 'debit', '2'), two[1]), 'unbalanced', 'postings'],

  ['a day that does not exist', transfer({ effectiveAt: '2026-02-30T00:00:00Z' }), 'invalid_date', 'effectiveAt'],
  ['a day that is none in that year', capture({ effectiveAt: '2025-02-29T00:00:00Z' }), 'invalid_date', 'effectiveAt'],
  ['an hour that does not exist', transfer({ effectiveAt: '2026-01-01T24:00:00Z' }), 'invalid_date', 'effectiveAt'],
  ['a moment with an offset', transfer({ effectiveAt: '2026-01-01T00:00:00+01:00' }), 'invalid_date', 'effectiveAt'],
  ['a moment that is a number', hold({ expiresAt: 1_800_000_000 }), 'invalid_date', 'expiresAt'],
  ['an expiry on a day that does not exist', hold({ expiresAt: '2030-13-01T00:00:00Z' }), 'invalid_date', 'expiresAt'],
  ['an expiry that has passed', hold({ expiresAt: '2020-01-01T00:00:00Z' }), 'invalid_date', 'expiresAt'],
  ['a moment far ahead', transfer({ effectiveAt: '2999-01-01T00:00:00Z' }), 'invalid_date', 'effectiveAt'],
  ['closing through a day that does not exist', { op: 'close-period', id: 'bad', through: '2025-02-29' }, 'invalid_date', 'through'],
  ['closing through a moment', { op: 'close-period', id: 'bad', through: '2025-01-01T00:00:00Z' }, 'invalid_date', 'through'],
  ['closing through tomorrow', { op: 'close-period', id: 'bad', through: '2999-01-01' }, 'invalid_date', 'through'],

  ['a reference that is no text', transfer({ reference: 7 }), 'invalid_metadata', 'reference'],
  ['a reference of 257 characters', hold({ reference: 'x'.repeat(257) }), 'invalid_metadata', 'reference'],
  ['a control character', capture({ reference: 'a\u0000b' }), 'invalid_metadata', 'reference'],
  ['a direction override', reverse({ reference: 'a\u202eb' }), 'invalid_metadata', 'reference'],
  ['half a surrogate pair', transfer({ metadata: { a: '\ud800' } }), 'invalid_metadata', 'metadata'],
  ['metadata that is a list', open({ metadata: [] }), 'invalid_metadata', 'metadata'],
  ['a value that is a number', hold({ metadata: { a: 1 } }), 'invalid_metadata', 'metadata'],
  [
    '17 keys',
    capture({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) }),
    'invalid_metadata',
    'metadata',
  ],
  ['2,049 bytes', update({ metadata: { k: 'x'.repeat(2_048) } }), 'invalid_metadata', 'metadata'],
  ['null as metadata', reverse({ metadata: null }), 'invalid_metadata', 'metadata'],

  ['a card number as reference', transfer({ reference: CARD }), 'card_number', 'reference'],
  ['a card number as metadata', hold({ metadata: { card: CARD } }), 'card_number', 'metadata'],
  ['a card number as id', capture({ id: CARD.replaceAll(' ', '') }), 'card_number', 'id'],
  ['a card number as account', open({ id: `cards:${CARD.replaceAll(' ', '-')}` }), 'card_number', 'id'],

  ['an unknown field', transfer({ colour: 'red' }), 'invalid_operation', 'colour'],
  ['an unknown field of a posting', postings(leg('bank:cash', 'debit', '1', { memo: '' }), two[1]), 'invalid_operation', 'postings/0/memo'],
  ['an amount to release', { op: 'release', id: 'bad', hold: 'h', amount: '1' }, 'invalid_operation', 'amount'],
  ['a cap that is none', transfer({ cap: 'all' }), 'invalid_operation', 'cap'],
  ['a cap beside postings', { ...postings(...two), cap: 'debit' }, 'invalid_operation', 'cap'],
  ['final that is no truth', capture({ final: 'yes' }), 'invalid_operation', 'final'],
  ['frozen that is none', update({ frozen: 'some' }), 'invalid_operation', 'frozen'],
];

describe('an operation with a bad shape', () => {
  it.each(cases)('%s: on its own route and in a batch, and nothing of it is written', async (_, operation, code, field) => {
    const before = await position();
    const { method, path, body } = ownRoute(operation);
    const alone = await service.send<ProblemDocument>(method, path, body);
    expect([alone.status, alone.body.code, alone.body.field, alone.body.errors?.[0]?.pointer]).toEqual([400, code, field, `/${field}`]);
    expect(alone.headers['content-type']).toContain('application/problem+json');

    const group = { op: 'group', operations: [transfer({ id: 'innocent' }), operation] };
    const together = await service.post<{ results: ResultBody[] }>(BATCH, { operations: [operation, group] });
    expect(together).toMatchObject({
      status: 200,
      body: {
        results: [
          { status: 'rejected', code, field },
          { status: 'rejected', code: 'group_failed', results: [{ code: 'group_failed' }, { code, field }] },
        ],
      },
    });
    expect(await position()).toBe(before);
    expect((await service.get(`${LEDGER}/commands/bad`)).status).toBe(404);
  });

  it('has a case for each code', () => {
    expect([...new Set(cases.map(([, , code]) => code))]).toEqual(shapeCodes.filter((code) => code !== 'group_too_large'));
  });

  it('with an id in the header alone is refused by the header', async () => {
    const { id: _, op: _op, ...fields } = transfer({});
    const refused = await service.post<ProblemDocument>(`${LEDGER}/transfers`, fields, { 'idempotency-key': 'a b' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_id', field: 'id' } });
  });
});

describe('a batch with a bad shape', () => {
  const legs = (bytes: number): Fields[] =>
    Array.from({ length: 64 }, (_, i) => leg(i % 2 ? 'clients:1' : 'bank:cash', i % 2 ? 'credit' : 'debit', '1'.padStart(bytes, '0')));

  it.each<readonly [what: string, operations: unknown, code: string]>([
    [
      'a group past 768 KiB',
      [{ op: 'group', operations: Array.from({ length: 64 }, (_, i) => ({ op: 'transfer', id: `big${i}`, postings: legs(39) })) }],
      'group_too_large',
    ],
    ['a group in a group', [{ op: 'group', operations: [{ op: 'group', operations: [transfer({})] }] }], 'invalid_operation'],
    ['an empty group', [{ op: 'group', operations: [] }], 'invalid_operation'],
    ['a group of 513', [{ op: 'group', operations: Array.from({ length: 513 }, () => transfer({})) }], 'invalid_operation'],
    ['a group with an id', [{ op: 'group', id: 'g', operations: [transfer({})] }], 'invalid_operation'],
    ['an unknown op', [{ op: 'expire', id: 'bad' }], 'invalid_operation'],
    ['a number', [7], 'invalid_operation'],
    ['a list', [[]], 'invalid_operation'],
  ])('%s is its own rejected result', async (_, operations, code) => {
    const before = await position();
    const { status, body } = await service.post<{ results: ResultBody[] }>(BATCH, { operations });
    expect([status, body.results[0]!.status, body.results[0]!.code]).toEqual([200, 'rejected', code]);
    expect(await position()).toBe(before);
  });
});

describe('a body with a bad form', () => {
  const text = JSON.stringify({ id: 'bad', debit: 'bank:cash', credit: 'clients:1', amount: '1' });

  it.each<readonly [what: string, path: string, body: string, code: string]>([
    ['no JSON', 'transfers', text.slice(0, -1), 'invalid_json'],
    ['a key that stands twice', 'transfers', `${text.slice(0, -1)},"amount":"2"}`, 'invalid_json'],
    ['a key that stands twice, escaped', 'holds', `${text.slice(0, -1)},"\\u0061mount":"2"}`, 'invalid_json'],
    ['a key that stands twice in a batch', 'batch', `{"operations":[{"op":"transfer","op":"hold",${text.slice(1)}]}`, 'invalid_json'],
    ['17 levels', 'transfers', `{"metadata":${'['.repeat(16)}${']'.repeat(16)}}`, 'invalid_json'],
    ['a list', 'transfers', '[]', 'invalid_operation'],
    ['null', 'holds', 'null', 'invalid_operation'],
    ['a text', 'transfers/t/reverse', '"t"', 'invalid_operation'],
    ['nothing', 'close-period', '', 'invalid_operation'],
    ['what the path says already', 'holds/h/capture', '{"id":"bad","hold":"h"}', 'invalid_operation'],
    ['an op', 'holds/h/release', '{"id":"bad","op":"release"}', 'invalid_operation'],
  ])('%s is refused whole', async (_, path, body, code) => {
    const before = await position();
    const refused = await service.send<ProblemDocument>('POST', `${LEDGER}/${path}`, body);
    expect([refused.status, refused.body.code]).toEqual([400, code]);
    expect(await position()).toBe(before);
  });
});
