import { accountTypes, caps, frozenStates, holdStatuses } from '@mizan/ledger';

// The bodies on the wire as JSON Schema (2020-12, as in OpenAPI 3.1): what people and generated clients read.
// Their TypeScript forms stand in bodies.ts; the ledger's own checks, not these, decide what is accepted.

type Schema = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, Schema>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] });
const oneOf = (values: readonly string[], description: string): Schema => ({ type: 'string', enum: [...values], description });
const many = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** What the platform answers: every field is there, but those named as optional. */
const answer = (properties: Fields, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
/** What a caller sends: the fields it must give, those it may, and no others. */
const request = (required: Fields, optional: Fields = {}): Schema => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
  additionalProperties: false,
});
const page = (items: string): Schema =>
  answer({ items: many(named(items)), next: orNull(text('The cursor of the next page; null on the last.')) });

const amount = text('Minor units, as digits: "1250" is 12.50 EUR. 1 to 2^128-1.', { pattern: '^[0-9]{1,39}$' });
const total = text('Minor units, as digits.', { pattern: '^[0-9]{1,39}$' });
const signed = text('Minor units, as digits with a sign where negative.', { pattern: '^-?[0-9]{1,39}$' });
const commandId = text('Chosen by the caller; the idempotency key, for ever.', {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$',
});
const account = text('Segments joined by colons, such as clients:17; 1 to 128 characters.', {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*(:[A-Za-z0-9][A-Za-z0-9_.-]*)*$',
  maxLength: 128,
});
const asset = text('An ISO 4217 code, or one of the tenant’s own.', { pattern: '^[A-Z][A-Z0-9]{0,15}$' });
const exponent = { type: 'integer', minimum: 0, maximum: 18, description: 'Decimal places of the asset.' };
const moment = text('RFC 3339 in UTC, with up to 3 digits of fraction.', { format: 'date-time' });
const position = { type: 'integer', minimum: 0, description: 'A place in the ledger’s journal: 1, 2, 3, ...' };
const side = oneOf(['debit', 'credit'], 'The side of a posting.');
const accountType = oneOf(accountTypes, 'Assets and expenses grow by debits, the others by credits.');
const frozen = oneOf(frozenStates, 'Which side of the account takes no movement.');
const reference = text('Words for people; can be erased.', { maxLength: 256 });
const metadata = {
  type: 'object',
  additionalProperties: { type: 'string' },
  maxProperties: 16,
  description: 'String to string; 2,048 bytes of UTF-8 in all.',
};
const code = text('What kind of no it is: a machine’s word, never changed.');
const detail = text('One sentence for a human.');
const words = { reference, metadata };
const pair = answer({ posted: total, held: total });
const status = oneOf(['applied', 'rejected'], 'Whether the ledger did it.');
const posting = request({ account, side, amount });
const twoLegs = { id: commandId, debit: account, credit: account, amount };
const legs = { id: commandId, postings: many(posting, { minItems: 2, maxItems: 64 }) };
const opening = [
  { id: account, type: accountType, asset },
  { minBalance: signed, maxBalance: signed, metadata },
] as const;
const change = { minBalance: orNull(signed), maxBalance: orNull(signed), frozen, metadata };
const cap = oneOf(caps, 'Whose limits may lower the amount: those of the debited account, of the credited one, or of both.');
const day = text('A day, YYYY-MM-DD, UTC.', { format: 'date' });
const holdStatus = oneOf(holdStatuses, 'A hold ends as what ended it.');
const expiresAt = text('From this moment on the hold expires. RFC 3339 in UTC.', { format: 'date-time' });
const entryFields = { effectiveAt: moment, ...words };
const captureFields = {
  amount,
  final: { type: 'boolean', default: true, description: 'Whether what remains is released, or stays held for further captures.' },
  ...entryFields,
};
const op = (name: string): Fields => ({ op: { type: 'string', const: name } });

export const schemas = {
  Problem: answer(
    {
      type: text('urn:mizan:problem:<code>'),
      title: text('The code in words.'),
      status: { type: 'integer' },
      detail,
      code,
      instance: text('The path that was asked for.'),
      requestId: text('Quote it when asking for help.'),
      account,
      field: text('The field at fault, as a path.'),
      suggestions: many(text('A name that exists.'), { description: 'The nearest names, where one was not found; the likeliest first.' }),
      errors: many(answer({ pointer: text('A JSON pointer into the body.'), detail })),
    },
    ['account', 'field', 'suggestions', 'errors'],
  ),
  Token: answer({ access_token: text('A signed JWT.'), token_type: { type: 'string', const: 'Bearer' }, expires_in: { type: 'integer' } }),

  Process: answer({
    process: text('<kind>-<id>; its kind says which service it is of.'),
    stream: text('The stream of its events.'),
    asked: answer({
      actor: text('key:<key id>, or service:<name> where another service asked.'),
      at: moment,
      correlation: orNull(text('What the caller had to tell it by.')),
      causation: orNull(text('The event that led a service to ask, <stream>@<version>.')),
    }),
  }),

  LedgerRequest: request({}, { name: text('For people.', { maxLength: 128 }) }),
  Ledger: answer({
    id: text('The ledger’s id.'),
    uid: text('Opaque, and never changed. The ledger’s journal is the stream journal-<uid>.'),
    name: text('For people.'),
    closedThrough: orNull(day),
    position,
  }),
  LedgerList: page('Ledger'),
  PeriodRequest: request({ id: commandId, through: day }),
  AssetRequest: request({ exponent }),
  Asset: answer({ code: asset, exponent }),

  AccountRequest: request(...opening),
  AccountChange: request({ id: commandId }, change),
  Account: answer({
    id: account,
    type: accountType,
    asset,
    exponent,
    normalSide: side,
    minBalance: orNull(signed),
    maxBalance: orNull(signed),
    frozen,
    closed: { type: 'boolean' },
    metadata,
    balances: named('Balances'),
    openedAt: moment,
  }),
  AccountList: page('Account'),
  Balances: answer({ posted: signed, held: total, available: signed, debits: pair, credits: pair, position }),

  TransferRequest: {
    oneOf: [request(twoLegs, { cap, ...entryFields }), request(legs, entryFields)],
  },
  Entry: answer({
    id: commandId,
    ledger: text('The ledger’s id.'),
    position,
    recordedAt: moment,
    effectiveAt: moment,
    postings: many(answer({ account, side, amount, asset, balances: answer({ debits: pair, credits: pair }) })),
    reference: orNull(reference),
    metadata,
    reverses: orNull(commandId),
    hold: { ...answer({ id: commandId, remaining: total, status: holdStatus }), type: ['object', 'null'] },
    reversedBy: many(commandId, { description: 'The reversals of this entry, the first 1,000.' }),
  }),
  EntryList: page('Entry'),
  ReverseRequest: request({ id: commandId }, { amount, ...words }),
  HoldRequest: request(twoLegs, { expiresAt, ...words }),
  CaptureRequest: request({ id: commandId }, captureFields),
  Hold: answer({
    id: commandId,
    ledger: text('The ledger’s id.'),
    debit: account,
    credit: account,
    asset,
    amount,
    captured: total,
    released: total,
    remaining: total,
    status: holdStatus,
    expiresAt: orNull(expiresAt),
    recordedAt: moment,
    reference: orNull(reference),
    metadata,
    position,
  }),
  HoldList: page('Hold'),
  CommandIdRequest: request({ id: commandId }),
  Command: answer({ id: commandId, op: text('open, transfer, ...'), status, code, detail, position }, ['code', 'detail']),

  BatchRequest: request({ operations: many(named('Operation'), { minItems: 1 }) }),
  Operation: {
    oneOf: [
      request({ ...op('open'), ...opening[0] }, opening[1]),
      request({ ...op('transfer'), ...twoLegs }, { cap, ...entryFields }),
      request({ ...op('transfer'), ...legs }, entryFields),
      request({ ...op('hold'), ...twoLegs }, { expiresAt, ...words }),
      request({ ...op('capture'), id: commandId, hold: commandId }, captureFields),
      request({ ...op('release'), id: commandId, hold: commandId }),
      request({ ...op('reverse'), id: commandId, entry: commandId }, { amount, ...words }),
      request({ ...op('update'), id: commandId, account }, change),
      request({ ...op('close'), id: commandId, account }),
      request({ ...op('reopen'), id: commandId, account }),
      request({ ...op('close-period'), id: commandId, through: day }),
      request({ ...op('cancel'), id: commandId }),
      request({ ...op('group'), operations: many(named('Operation'), { minItems: 1, maxItems: 512 }) }),
    ],
  },
  BatchAnswer: answer({ results: many(named('Result')) }),
  Result: answer(
    {
      id: commandId,
      status,
      replayed: { type: 'boolean', const: true },
      code,
      detail,
      account,
      field: text('The field at fault, as a path.'),
      position,
      amount: { ...amount, description: 'What moved, where a cap decided it, or a hold captured without an amount.' },
      results: many(named('Result')),
    },
    ['id', 'replayed', 'code', 'detail', 'account', 'field', 'position', 'amount', 'results'],
  ),

  Balance: answer({ account, asset, exponent, balances: named('Balances'), position, asOf: moment }),
  Statement: answer({
    account,
    asset,
    exponent,
    normalSide: side,
    from: orNull(moment),
    to: orNull(moment),
    opening: signed,
    lines: many(named('StatementLine')),
    closing: signed,
    position,
    next: orNull(text('The cursor of the next page; null on the last.')),
  }),
  StatementLine: answer({
    entry: commandId,
    position,
    recordedAt: moment,
    effectiveAt: moment,
    side,
    amount,
    balance: signed,
    counterparts: many(account),
    reference: orNull(reference),
  }),
  TrialBalance: answer({
    position,
    accounts: many(answer({ account, type: accountType, asset, debits: total, credits: total })),
    totals: many(answer({ asset, exponent, debits: total, credits: total })),
  }),
  JournalPage: answer({
    items: many(
      answer({
        position,
        event: text('The stored JSON text of the event, byte for byte as hashed.'),
        texts: orNull({ type: 'object', description: 'The words kept beside it, with the salt of their commitment.' }),
      }),
    ),
    next: orNull(text('The position to go on after; null at the end.')),
  }),

  Heads: answer({
    heads: many(answer({ stream: text('journal-<uid>'), version: position })),
    next: orNull(text('Where to go on.')),
    full: { type: 'boolean', description: 'The page has as many appends as it may: more may follow.' },
  }),
  StreamPage: answer({ events: many(answer({ version: position, event: text('The stored text.'), texts: { type: ['object', 'null'] } })) }),
  Status: answer({
    ready: { type: 'boolean' },
    services: {
      type: 'object',
      additionalProperties: { type: 'object' },
      description: 'Each service’s /health/ready, or that it does not answer.',
    },
  }),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof schemas;
