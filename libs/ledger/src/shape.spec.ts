import * as fc from 'fast-check';
import { MAX_AMOUNT } from '@mizan/money';
import { noTexts } from './texts.js';
import { readOperation } from './shape.js';

const NOW = Date.UTC(2026, 0, 5, 9);
const transfer = { op: 'transfer', id: 't1', debit: 'bank:cash', credit: 'wallets:17', amount: '2500' };
const postings = [
  { account: 'bank:cash', side: 'debit', amount: '2500' },
  { account: 'wallets:17', side: 'credit', amount: '2500' },
];
const byPostings = { op: 'transfer', id: 't1', postings };
const open = { op: 'open', id: 'wallets:17', type: 'liability', asset: 'USD' };
const update = { op: 'update', id: 'u1', account: 'wallets:17' };

/** The code and field that an operation is refused for, or what was read. */
function reading(operation: unknown): unknown {
  const read = readOperation(operation, NOW);
  return 'rejection' in read ? [read.rejection.code, read.rejection.field].filter(Boolean).join(' ') : read.command;
}

describe('an operation is read', () => {
  it.each<[string, unknown, unknown]>([
    [
      'transfer',
      { ...transfer, effectiveAt: '2026-01-04T12:30:00.5Z', reference: 'Lunch', metadata: { order: '5' } },
      {
        op: 'transfer',
        id: 't1',
        debit: 'bank:cash',
        credit: 'wallets:17',
        amount: 2500n,
        effectiveAt: Date.UTC(2026, 0, 4, 12, 30, 0, 500),
        texts: { reference: 'Lunch', metadata: { order: '5' } },
      },
    ],
    [
      'transfer by postings',
      byPostings,
      {
        op: 'transfer',
        id: 't1',
        postings: [
          { account: 'bank:cash', side: 'debit', amount: 2500n },
          { account: 'wallets:17', side: 'credit', amount: 2500n },
        ],
        effectiveAt: null,
        texts: noTexts,
      },
    ],
    ['transfer with a cap', { ...transfer, cap: 'both' }, { ...transfer, amount: 2500n, cap: 'both', effectiveAt: null, texts: noTexts }],
    [
      'hold',
      { ...transfer, op: 'hold', expiresAt: '2020-01-01T00:00:00Z' },
      { ...transfer, op: 'hold', amount: 2500n, expiresAt: Date.UTC(2020, 0, 1), texts: noTexts },
    ],
    [
      'hold without expiry',
      { ...transfer, op: 'hold', expiresAt: null },
      { ...transfer, op: 'hold', amount: 2500n, expiresAt: null, texts: noTexts },
    ],
    [
      'capture',
      { op: 'capture', id: 'c1', hold: 'h1' },
      { op: 'capture', id: 'c1', hold: 'h1', amount: null, final: true, effectiveAt: null, texts: noTexts },
    ],
    [
      'capture in part',
      { op: 'capture', id: 'c1', hold: 'h1', amount: '5', final: false, effectiveAt: '2026-01-04T00:00:00Z', reference: 'Part' },
      {
        op: 'capture',
        id: 'c1',
        hold: 'h1',
        amount: 5n,
        final: false,
        effectiveAt: Date.UTC(2026, 0, 4),
        texts: { reference: 'Part', metadata: {} },
      },
    ],
    ['release', { op: 'release', id: 'r1', hold: 'h1' }, { op: 'release', id: 'r1', hold: 'h1' }],
    ['reverse', { op: 'reverse', id: 'r1', entry: 't1' }, { op: 'reverse', id: 'r1', entry: 't1', amount: null, texts: noTexts }],
    ['close-period', { op: 'close-period', id: 'p1', through: '2024-02-29' }, { op: 'close-period', id: 'p1', through: '2024-02-29' }],
    [
      'open',
      { ...open, minBalance: '-500', maxBalance: '0500', metadata: {} },
      { op: 'open', id: 'wallets:17', type: 'liability', asset: 'USD', minBalance: -500n, maxBalance: 500n, texts: noTexts },
    ],
    [
      'open without limits',
      open,
      { op: 'open', id: 'wallets:17', type: 'liability', asset: 'USD', minBalance: null, maxBalance: null, texts: noTexts },
    ],
    ['update of nothing', update, { op: 'update', id: 'u1', account: 'wallets:17' }],
    [
      'update of everything',
      { ...update, minBalance: null, maxBalance: '10', frozen: 'all', metadata: { a: '' } },
      { op: 'update', id: 'u1', account: 'wallets:17', minBalance: null, maxBalance: 10n, frozen: 'all', metadata: { a: '' } },
    ],
    ['close', { op: 'close', id: 'c1', account: 'wallets:17' }, { op: 'close', id: 'c1', account: 'wallets:17' }],
    ['reopen', { op: 'reopen', id: 'r1', account: 'wallets:17' }, { op: 'reopen', id: 'r1', account: 'wallets:17' }],
    ['cancel', { op: 'cancel', id: 'x1' }, { op: 'cancel', id: 'x1' }],
    ['group', { op: 'group', operations: [{ op: 'cancel', id: 'x1' }] }, { op: 'group', operations: [{ op: 'cancel', id: 'x1' }] }],
  ])('%s', (_, operation, expected) => expect(reading(operation)).toEqual(expected));

  it('with words in any language', () => {
    const metadata = { العميل: 'شركة النور ١٧', emoji: '👩‍👩‍👧', mark: 'a\u200fb' };
    expect(reading({ ...transfer, reference: 'دفعة أولى', metadata })).toMatchObject({ texts: { reference: 'دفعة أولى', metadata } });
  });
});

describe('an operation is refused for its shape', () => {
  const bytes = (count: number) => ({ k: 'x'.repeat(count - 1) });
  it.each<[string, unknown, string]>([
    // ids
    ['no id', { ...transfer, id: undefined }, 'invalid_id id'],
    ['an id that is a number', { ...transfer, id: 5 }, 'invalid_id id'],
    ['an empty id', { ...transfer, id: '' }, 'invalid_id id'],
    ['an id that begins with a dot', { ...transfer, id: '.a' }, 'invalid_id id'],
    ['an id with a space', { ...transfer, id: 'a b' }, 'invalid_id id'],
    ['an id with a line end', { ...transfer, id: 'a\n' }, 'invalid_id id'],
    ['an id too long', { ...transfer, id: 'a'.repeat(129) }, 'invalid_id id'],
    ['an opened account without a name', { ...open, id: 'wallets:' }, 'invalid_id id'],
    // accounts
    ['no debit', { ...transfer, debit: undefined }, 'invalid_account debit'],
    ['a segment that is empty', { ...transfer, credit: 'wallets::17' }, 'invalid_account credit'],
    ['a segment that begins with a dash', { ...transfer, credit: 'wallets:-17' }, 'invalid_account credit'],
    ['an account too long', { ...transfer, credit: `a:${'b'.repeat(127)}` }, 'invalid_account credit'],
    ['debit before credit', { ...transfer, debit: '', credit: '' }, 'invalid_account debit'],
    ['an unknown type', { ...open, type: 'wallet' }, 'invalid_account type'],
    ['no type', { ...open, type: undefined }, 'invalid_account type'],
    // amounts
    ['a JSON number', { ...transfer, amount: 2500 }, 'invalid_amount amount'],
    ['nothing', { ...transfer, amount: '0' }, 'invalid_amount amount'],
    ['less than nothing', { ...transfer, amount: '-1' }, 'invalid_amount amount'],
    ['a decimal point', { ...transfer, amount: '25.00' }, 'invalid_amount amount'],
    ['too much', { ...transfer, amount: String(MAX_AMOUNT + 1n) }, 'invalid_amount amount'],
    ['a limit that is a number', { ...open, minBalance: 0 }, 'invalid_amount minBalance'],
    ['limits crossed', { ...open, minBalance: '10', maxBalance: '9' }, 'invalid_amount minBalance'],
    ['limits crossed in an update', { ...update, minBalance: '10', maxBalance: '9' }, 'invalid_amount minBalance'],
    // assets
    ['a small letter', { ...open, asset: 'usd' }, 'invalid_asset asset'],
    ['no asset', { ...open, asset: undefined }, 'invalid_asset asset'],
    // postings
    ['both forms', { ...transfer, postings }, 'invalid_postings debit'],
    ['both forms, in part', { ...byPostings, amount: '2500' }, 'invalid_postings amount'],
    ['postings that are no list', { ...byPostings, postings: {} }, 'invalid_postings postings'],
    ['one posting', { ...byPostings, postings: postings.slice(1) }, 'invalid_postings postings'],
    ['65 postings', { ...byPostings, postings: Array.from({ length: 65 }, () => postings[0]) }, 'invalid_postings postings'],
    ['a posting that is no object', { ...byPostings, postings: [postings[0], null] }, 'invalid_postings postings/1'],
    ['a side of its own', { ...byPostings, postings: [postings[0], { ...postings[1], side: 'left' }] }, 'invalid_postings postings/1/side'],
    [
      'a bad account in a posting',
      { ...byPostings, postings: [postings[0], { ...postings[1], account: '' }] },
      'invalid_account postings/1/account',
    ],
    [
      'a number in a posting',
      { ...byPostings, postings: [postings[0], { ...postings[1], amount: 1 }] },
      'invalid_amount postings/1/amount',
    ],
    ['one account', { ...transfer, credit: 'bank:cash' }, 'same_account credit'],
    ['one account in postings', { ...byPostings, postings: postings.map((one) => ({ ...one, account: 'a' })) }, 'same_account postings'],
    ['one account, unbalanced', { ...byPostings, postings: [postings[0], postings[0]] }, 'same_account postings'],
    ['unbalanced', { ...byPostings, postings: [postings[0], { ...postings[1], amount: '2499' }] }, 'unbalanced postings'],
    [
      'unbalanced, under an id like a card number',
      { ...byPostings, id: '4111111111111111', postings: [postings[0], { ...postings[1], amount: '2499' }] },
      'unbalanced postings',
    ],
    // dates
    ['a day without time', { ...transfer, effectiveAt: '2026-01-04' }, 'invalid_date effectiveAt'],
    ['another zone', { ...transfer, effectiveAt: '2026-01-04T12:00:00+00:00' }, 'invalid_date effectiveAt'],
    ['a day that does not exist', { ...transfer, effectiveAt: '2025-02-29T12:00:00Z' }, 'invalid_date effectiveAt'],
    ['no moment', { ...transfer, effectiveAt: null }, 'invalid_date effectiveAt'],
    ['a moment too far ahead', { ...transfer, effectiveAt: '2026-01-05T09:05:00.001Z' }, 'invalid_date effectiveAt'],
    // texts
    ['a reference that is a number', { ...transfer, reference: 5 }, 'invalid_metadata reference'],
    ['a reference too long', { ...transfer, reference: 'a'.repeat(257) }, 'invalid_metadata reference'],
    ['a line end in a reference', { ...transfer, reference: 'a\nb' }, 'invalid_metadata reference'],
    ['a direction override', { ...transfer, reference: 'a\u202eb' }, 'invalid_metadata reference'],
    ['half a character', { ...transfer, reference: 'a\ud83d' }, 'invalid_metadata reference'],
    ['metadata that are a list', { ...transfer, metadata: [] }, 'invalid_metadata metadata'],
    ['metadata that are null', { ...transfer, metadata: null }, 'invalid_metadata metadata'],
    ['a number in metadata', { ...transfer, metadata: { a: 1 } }, 'invalid_metadata metadata'],
    ['an empty key', { ...transfer, metadata: { '': 'a' } }, 'invalid_metadata metadata'],
    ['a key too long', { ...transfer, metadata: { ['k'.repeat(129)]: '' } }, 'invalid_metadata metadata'],
    ['a control character in a key', { ...transfer, metadata: { 'a\u0000': '' } }, 'invalid_metadata metadata'],
    [
      '17 keys',
      { ...transfer, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ''])) },
      'invalid_metadata metadata',
    ],
    ['2,049 bytes', { ...transfer, metadata: bytes(2049) }, 'invalid_metadata metadata'],
    ['metadata of an account', { ...update, metadata: { a: null } }, 'invalid_metadata metadata'],
    // card numbers
    ['a card number as an id', { ...transfer, id: '4111111111111111' }, 'card_number id'],
    ['a card number as an account', { ...transfer, credit: 'cards:4111-1111-1111-1111' }, 'card_number credit'],
    [
      'a card number in a posting',
      { ...byPostings, postings: [{ ...postings[0], account: '378282246310005' }, postings[1]] },
      'card_number postings/0/account',
    ],
    ['a card number in a reference', { ...transfer, reference: 'card 4111 1111 1111 1111' }, 'card_number reference'],
    ['a card number in a value', { ...transfer, metadata: { card: '5555555555554444' } }, 'card_number metadata'],
    ['a card number as a key', { ...transfer, metadata: { '5555555555554444': 'card' } }, 'card_number metadata'],
    // operations
    ['nothing at all', undefined, 'invalid_operation'],
    ['a text', 'transfer', 'invalid_operation'],
    ['a list', [transfer], 'invalid_operation'],
    ['no op', { ...transfer, op: undefined }, 'invalid_operation op'],
    ['an unknown op', { ...transfer, op: 'mint' }, 'invalid_operation op'],
    ['an op of all objects', { ...transfer, op: 'constructor' }, 'invalid_operation op'],
    ['a capture without its hold', { op: 'capture', id: 'c1' }, 'invalid_id hold'],
    ['a reversal without its entry', { op: 'reverse', id: 'r1' }, 'invalid_id entry'],
    ['a capture of nothing', { op: 'capture', id: 'c1', hold: 'h1', amount: '0' }, 'invalid_amount amount'],
    ['a reversal of null', { op: 'reverse', id: 'r1', entry: 't1', amount: null }, 'invalid_amount amount'],
    ['final that is neither', { op: 'capture', id: 'c1', hold: 'h1', final: 'no' }, 'invalid_operation final'],
    ['a hold by postings', { op: 'hold', id: 'h1', postings }, 'invalid_account debit'],
    [
      'a hold that expires on a day that does not exist',
      { ...transfer, op: 'hold', expiresAt: '2026-02-30T00:00:00Z' },
      'invalid_date expiresAt',
    ],
    ['a period through a day that does not exist', { op: 'close-period', id: 'p1', through: '2025-02-29' }, 'invalid_date through'],
    ['a period through a moment', { op: 'close-period', id: 'p1', through: '2025-02-28T00:00:00Z' }, 'invalid_date through'],
    ['an expiry that nobody may command', { op: 'expire', id: 'x1', hold: 'h1' }, 'invalid_operation op'],
    ['an unknown field', { ...transfer, asset: 'USD' }, 'invalid_operation asset'],
    [
      'an unknown field in a posting',
      { ...byPostings, postings: [{ ...postings[0], asset: 'USD' }, postings[1]] },
      'invalid_operation postings/0/asset',
    ],
    ['an unknown cap', { ...transfer, cap: 'none' }, 'invalid_operation cap'],
    ['a cap beside postings', { ...byPostings, cap: 'debit' }, 'invalid_operation cap'],
    ['a cap on a hold', { ...transfer, op: 'hold', cap: 'debit' }, 'invalid_operation cap'],
    ['an unknown way to be frozen', { ...update, frozen: 'both' }, 'invalid_operation frozen'],
    ['a field that poses as a prototype', JSON.parse('{"op":"cancel","id":"x1","__proto__":{}}'), 'invalid_operation __proto__'],
  ])('%s', (_, operation, expected) => expect(reading(operation)).toBe(expected));

  it('at the bounds it is not', () => {
    const longest = {
      reference: '👍'.repeat(256),
      metadata: bytes(2048),
      effectiveAt: '2026-01-05T09:05:00.000Z',
      amount: String(MAX_AMOUNT),
    };
    expect(reading({ ...transfer, ...longest, id: 'a'.repeat(128), debit: `a:${'b'.repeat(126)}` })).toBeInstanceOf(Object);
    const sixtyFour = Array.from({ length: 32 }, () => postings).flat();
    expect(reading({ ...byPostings, postings: sixtyFour })).toBeInstanceOf(Object);
  });

  it('with the code that stands first in the list, whichever field comes first', () => {
    const faults = [
      [{ id: '' }, 'invalid_id'],
      [{ credit: '' }, 'invalid_account'],
      [{ amount: 1 }, 'invalid_amount'],
      [{ postings }, 'invalid_postings'],
      [{ effectiveAt: 'now' }, 'invalid_date'],
      [{ reference: 5 }, 'invalid_metadata'],
      [{ metadata: { card: '5555555555554444' } }, 'card_number'],
      [{ other: 1 }, 'invalid_operation'],
    ] as const;
    faults.forEach(([, code], place) => {
      const wrong = Object.assign({}, ...faults.slice(place).map(([fields]) => fields)) as object;
      expect(reading({ ...wrong, ...Object.fromEntries(Object.entries(transfer).filter(([name]) => !(name in wrong))) })).toMatch(code);
    });
  });
});

describe('metadata with the keys of objects', () => {
  it('are words like others', () => {
    const metadata = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as object;
    const read = readOperation({ ...transfer, metadata }, NOW);
    if (!('command' in read) || read.command.op !== 'transfer') throw new Error('It was refused.');
    expect(Object.entries(read.command.texts.metadata)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect('polluted' in {}).toBe(false);
  });
});

describe('a group', () => {
  const cancel = (n: number) => ({ op: 'cancel', id: `x${n}` });
  it.each<[string, unknown]>([
    ['without operations', { op: 'group' }],
    ['of nothing', { op: 'group', operations: [] }],
    ['of an object', { op: 'group', operations: {} }],
    ['of 513', { op: 'group', operations: Array.from({ length: 513 }, (_, n) => cancel(n)) }],
    ['in a group', { op: 'group', operations: [cancel(1), { op: 'group', operations: [cancel(2)] }] }],
    ['with an id', { op: 'group', id: 'g1', operations: [cancel(1)] }],
  ])('%s is refused whole', (_, group) => {
    const read = readOperation(group, NOW);
    expect(read).toMatchObject({ rejection: { code: 'invalid_operation' }, id: null });
    expect(read).not.toHaveProperty('members');
  });

  it('of 512 is read', () => {
    expect(readOperation({ op: 'group', operations: Array.from({ length: 512 }, (_, n) => cancel(n)) }, NOW)).toHaveProperty('command');
  });

  it('falls for the first badly shaped member, which alone carries its code', () => {
    const operations = [cancel(1), { ...transfer, amount: 5 }, { ...transfer, debit: '' }, 'x', { op: 'cancel', id: '4111111111111111' }];
    expect(readOperation({ op: 'group', operations }, NOW)).toMatchObject({
      rejection: { code: 'group_failed', field: 'operations/1/amount' },
      id: null,
      members: [
        { rejection: { code: 'group_failed' }, id: 'x1' },
        { rejection: { code: 'invalid_amount', field: 'amount' }, id: 't1' },
        { rejection: { code: 'group_failed' }, id: 't1' },
        { rejection: { code: 'group_failed' }, id: null },
        { rejection: { code: 'group_failed' }, id: null },
      ],
    });
  });
});

describe('whatever JSON comes', () => {
  const likely = fc.oneof(
    fc.constantFrom(
      'open',
      'transfer',
      'update',
      'close',
      'reopen',
      'cancel',
      'group',
      'debit',
      'credit',
      'liability',
      'USD',
      'a:b',
      '12',
      '-5',
      'all',
    ),
    fc.constantFrom('2026-01-05T09:00:00Z', '4111 1111 1111 1111', '\ud800', '\u202e'),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const names = [
    'op',
    'id',
    'type',
    'asset',
    'account',
    'debit',
    'credit',
    'amount',
    'side',
    'minBalance',
    'maxBalance',
    'frozen',
    'effectiveAt',
  ];
  const { operation } = fc.letrec<{ operation: Record<string, unknown>; list: unknown[] }>((tie) => ({
    operation: fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...names, 'reference', 'metadata', 'postings', 'operations') },
        { weight: 1, arbitrary: fc.string() },
      ),
      fc.oneof({ maxDepth: 2 }, likely, tie('operation'), tie('list')),
    ),
    list: fc.array(fc.oneof({ maxDepth: 2 }, likely, tie('operation')), { maxLength: 5 }),
  }));

  it('an operation is read, or refused in a sentence', () => {
    fc.assert(
      fc.property(operation, (value) => {
        const read = readOperation(value, NOW);
        expect('rejection' in read ? read.rejection.detail : `${read.command.op}.`).toMatch(/\w.*\.$/s);
      }),
      { numRuns: 2_000 },
    );
  });
});
