import { accountTypes, caps, frozenStates, holdStatuses } from '@mizan/ledger';
import { Type } from 'typebox';
import type { Schemas } from './event-kind.js';

// The events of a ledger's journal, as they are stored. Amounts are digit strings of minor units, moments RFC 3339 in UTC.

const object = <P extends Type.TProperties>(properties: P, says?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(says === undefined ? {} : { description: says }) });
const oneOf = <const T extends readonly string[]>(values: T) => Type.Enum(values);

const id = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$' });
const accountId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*(?::[A-Za-z0-9][A-Za-z0-9_.-]*)*$', maxLength: 128 });
const asset = Type.String({ pattern: '^[A-Z][A-Z0-9]{0,15}$' });
const DIGITS = '^\\d{1,39}$';
const amount = Type.String({ pattern: DIGITS, description: 'Minor units.' });
const limit = Type.Union([Type.String({ pattern: '^-?\\d{1,39}$' }), Type.Null()], { description: 'Minor units; null: none.' });
const MOMENT = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$';
const moment = Type.String({ pattern: MOMENT });
const day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' });
const position = Type.Integer({ minimum: 1 });
const side = oneOf(['debit', 'credit']);
/** The command gave such words; the words themselves lie beside the event. */
const given = Type.Optional(Type.Literal(true));

const group = Type.Union([object({ first: position, last: position }), Type.Null()], {
  description: 'The first and last position of the all-or-nothing group it belongs to.',
});
const texts = Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()], {
  description: 'The salted SHA-256 of the words beside it; null: there are none.',
});

const totals = object({ held: amount, posted: amount });
const balances = { credits: totals, debits: totals };
const accountBalances = Type.Array(object({ account: accountId, ...balances }), {
  description: 'The totals of the two accounts after the event, debit before credit.',
});
const posting = object({ account: accountId, amount, side });
const postings = Type.Array(object({ account: accountId, amount, asset, ...balances, side }), {
  description: 'The legs, each with the totals of its account after the event.',
});

const effectiveAt = Type.String({ pattern: MOMENT, description: 'When it counts.' });
const command = {
  open: object({ asset, id: accountId, maxBalance: limit, minBalance: limit, op: Type.Literal('open'), type: oneOf(accountTypes) }),
  update: object({
    account: accountId,
    frozen: Type.Optional(oneOf(frozenStates)),
    id,
    maxBalance: Type.Optional(limit),
    metadata: given,
    minBalance: Type.Optional(limit),
    op: Type.Literal('update'),
  }),
  close: object({ account: accountId, id, op: Type.Literal('close') }),
  reopen: object({ account: accountId, id, op: Type.Literal('reopen') }),
  transfer: object({
    amount,
    cap: Type.Optional(oneOf(caps)),
    credit: accountId,
    debit: accountId,
    effectiveAt: Type.Optional(moment),
    id,
    op: Type.Literal('transfer'),
  }),
  postings: object({ effectiveAt: Type.Optional(moment), id, op: Type.Literal('transfer'), postings: Type.Array(posting) }),
  hold: object({ amount, credit: accountId, debit: accountId, expiresAt: Type.Optional(moment), id, op: Type.Literal('hold') }),
  capture: object({
    amount: Type.Optional(amount),
    effectiveAt: Type.Optional(moment),
    final: Type.Boolean(),
    hold: id,
    id,
    metadata: given,
    op: Type.Literal('capture'),
    reference: given,
  }),
  release: object({ hold: id, id, op: Type.Literal('release') }),
  reverse: object({ amount: Type.Optional(amount), entry: id, id, op: Type.Literal('reverse') }),
  closePeriod: object({ id, op: Type.Literal('close-period'), through: day }),
  cancel: object({ id, op: Type.Literal('cancel') }),
};

const account = object(
  {
    asset,
    closed: Type.Boolean(),
    ...balances,
    exponent: Type.Integer({ minimum: 0, maximum: 18 }),
    frozen: oneOf(frozenStates),
    id: accountId,
    maxBalance: limit,
    minBalance: limit,
    openedAt: moment,
    openedPosition: position,
    type: oneOf(accountTypes),
  },
  'The whole account after the event.',
);
const hold = object(
  {
    amount,
    asset,
    captured: amount,
    credit: accountId,
    debit: accountId,
    expiresAt: Type.Union([moment, Type.Null()]),
    id,
    placedAt: moment,
    placedPosition: position,
    released: amount,
    remaining: amount,
    status: oneOf(holdStatuses),
  },
  'The whole hold after the event.',
);
const rejection = object(
  { account: Type.Optional(Type.String()), code: Type.String(), detail: Type.String(), field: Type.Optional(Type.String()) },
  'Why: the name of the rule that said no, and a sentence.',
);

const accountEvent = <C extends Type.TSchema>(asked: C) => object({ account, command: asked, group, texts });

export const journalSchemas = {
  LedgerOpened: object({ group, ledger: Type.String(), name: Type.String(), tenant: Type.String() }),
  AccountOpened: accountEvent(command.open),
  AccountUpdated: accountEvent(command.update),
  AccountClosed: accountEvent(command.close),
  AccountReopened: accountEvent(command.reopen),
  EntryPosted: object({
    command: Type.Union([command.transfer, command.postings, command.reverse]),
    effectiveAt,
    group,
    postings,
    reversed: Type.Optional(
      Type.String({ pattern: DIGITS, description: 'Of a reversal: what has been reversed of its entry, this one included.' }),
    ),
    texts,
  }),
  HoldPlaced: object({ accounts: accountBalances, command: command.hold, group, hold, texts }),
  HoldCaptured: object({
    command: command.capture,
    effectiveAt,
    group,
    hold,
    postings,
    released: Type.String({ pattern: DIGITS, description: 'What it gave back of the hold, minor units.' }),
    texts,
  }),
  HoldReleased: object({ accounts: accountBalances, command: command.release, group, hold, texts }),
  HoldExpired: object({ accounts: accountBalances, group, hold }),
  PeriodClosed: object({ command: command.closePeriod, group, texts }),
  TransferRejected: object({
    command: Type.Union(Object.values(command)),
    group,
    inGroup: Type.Boolean({ description: 'It failed as a member of a group, and took the group with it.' }),
    rejection,
    texts,
  }),
} as const satisfies Schemas;
