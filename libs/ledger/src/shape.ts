import { accountTypes, frozenStates } from './account.js';
import { holdsCardNumber } from './card-number.js';
import {
  type Capture,
  type Cap,
  type Command,
  type Group,
  MAX_GROUP_OPERATIONS,
  type Open,
  type PlaceHold,
  type Reverse,
  type Transfer,
  type Update,
  caps,
} from './command.js';
import { Faults, Fields, type JsonObject, isAccountId, isCommandId, isObject } from './fields.js';
import { groupFailed } from './group.js';
import { MAX_POSTINGS, type Posting } from './posting.js';
import type { Rejection } from './rejection.js';
import type { Texts } from './texts.js';

/** An operation that was refused for its shape. It spends nothing. */
export interface Misread {
  readonly rejection: Rejection;
  /** The id it was sent under, where that is one. */
  readonly id: string | null;
  /**
   * Where a group fell for the shape of a member: one for each member, in order; the first that is badly shaped
   * carries its own code, the others `group_failed`. Absent where the group itself is badly shaped.
   */
  readonly members?: readonly Misread[];
}

export type Reading = { readonly command: Command | Group } | Misread;

/**
 * Reads an operation, as it stands in a batch, from parsed JSON. All shape is looked at before anything is
 * decided: a group with one badly shaped member is refused whole, and no id of it is spent.
 * @param now the wall clock, ms since the epoch: nothing may be effective far ahead of it.
 */
export function readOperation(value: unknown, now: number): Reading {
  return isGroup(value) ? readGroup(value, now) : readCommand(value, now);
}

const isGroup = (value: unknown): value is JsonObject => isObject(value) && Object.hasOwn(value, 'op') && value.op === 'group';

function readCommand(value: unknown, now: number): { readonly command: Command } | Misread {
  if (!isObject(value)) return { rejection: invalid('An operation must be a JSON object with an "op".'), id: null };
  const fields = new Fields(value, new Faults(), now);
  const read = readers.get(fields.value('op'));
  const command = read ? read(fields) : unknownOperation(fields);
  const rejection = fields.faults.first;
  return command && !rejection ? { command } : { rejection: rejection!, id: givenId(value) };
}

function unknownOperation(fields: Fields): null {
  if (fields.has('id')) fields.commandId('id');
  fields.fault('invalid_operation', 'op', `is an unknown op. Known are ${[...readers.keys(), 'group'].join(', ')}.`);
  return null;
}

const readers: ReadonlyMap<unknown, (fields: Fields) => Command> = new Map<string, (fields: Fields) => Command>([
  ['open', readOpen],
  ['transfer', readTransfer],
  ['hold', readHold],
  ['capture', readCapture],
  ['release', (fields) => ended(fields, { op: 'release', id: fields.commandId('id'), hold: fields.commandId('hold') })],
  ['reverse', readReverse],
  ['update', readUpdate],
  ['close', (fields) => ended(fields, { op: 'close', id: fields.commandId('id'), account: fields.accountId('account') })],
  ['reopen', (fields) => ended(fields, { op: 'reopen', id: fields.commandId('id'), account: fields.accountId('account') })],
  ['close-period', (fields) => ended(fields, { op: 'close-period', id: fields.commandId('id'), through: fields.day('through') })],
  ['cancel', (fields) => ended(fields, { op: 'cancel', id: fields.commandId('id') })],
]);

function ended<C extends Command>(fields: Fields, command: C): C {
  fields.nothingElse();
  return command;
}

function readOpen(fields: Fields): Open {
  const open: Open = {
    op: 'open',
    id: fields.accountId('id', 'invalid_id'),
    type: fields.word('type', accountTypes, 'invalid_account'),
    asset: fields.asset('asset'),
    minBalance: fields.limit('minBalance'),
    maxBalance: fields.limit('maxBalance'),
    texts: { reference: null, metadata: fields.metadata('metadata') },
  };
  limitsInOrder(fields, open);
  return ended(fields, open);
}

function readUpdate(fields: Fields): Update {
  const update: Update = {
    op: 'update',
    id: fields.commandId('id'),
    account: fields.accountId('account'),
    ...(fields.has('minBalance') && { minBalance: fields.limit('minBalance') }),
    ...(fields.has('maxBalance') && { maxBalance: fields.limit('maxBalance') }),
    ...(fields.has('frozen') && { frozen: fields.word('frozen', frozenStates, 'invalid_operation') }),
    ...(fields.has('metadata') && { metadata: fields.metadata('metadata') }),
  };
  limitsInOrder(fields, update);
  return ended(fields, update);
}

function limitsInOrder(fields: Fields, { minBalance, maxBalance }: Pick<Update, 'minBalance' | 'maxBalance'>): void {
  if (minBalance != null && maxBalance != null && minBalance > maxBalance)
    fields.fault('invalid_amount', 'minBalance', 'is above maxBalance.');
}

function readTransfer(fields: Fields): Transfer {
  const movement = fields.has('postings') ? readPostings(fields) : { ...readLegs(fields), ...readCap(fields) };
  return ended(fields, {
    op: 'transfer',
    id: fields.commandId('id'),
    ...movement,
    effectiveAt: fields.effectiveAt('effectiveAt'),
    texts: readTexts(fields),
  });
}

function readHold(fields: Fields): PlaceHold {
  return ended(fields, {
    op: 'hold',
    id: fields.commandId('id'),
    ...readLegs(fields),
    expiresAt: fields.expiresAt('expiresAt'),
    texts: readTexts(fields),
  });
}

function readCapture(fields: Fields): Capture {
  return ended(fields, {
    op: 'capture',
    id: fields.commandId('id'),
    hold: fields.commandId('hold'),
    amount: fields.has('amount') ? fields.amount('amount') : null,
    final: fields.flag('final'),
    effectiveAt: fields.effectiveAt('effectiveAt'),
    texts: readTexts(fields),
  });
}

function readReverse(fields: Fields): Reverse {
  return ended(fields, {
    op: 'reverse',
    id: fields.commandId('id'),
    entry: fields.commandId('entry'),
    amount: fields.has('amount') ? fields.amount('amount') : null,
    texts: readTexts(fields),
  });
}

const readTexts = (fields: Fields): Texts => ({ reference: fields.reference('reference'), metadata: fields.metadata('metadata') });

const readCap = (fields: Fields): { cap?: Cap } => (fields.has('cap') ? { cap: fields.word('cap', caps, 'invalid_operation') } : {});

function readLegs(fields: Fields): { debit: string; credit: string; amount: bigint } {
  const debit = fields.accountId('debit');
  const credit = fields.accountId('credit');
  const amount = fields.amount('amount');
  if (debit !== '' && debit === credit) fields.fault('same_account', 'credit', 'is the debited account itself. Name two accounts.');
  return { debit, credit, amount };
}

function readPostings(fields: Fields): { postings: readonly Posting[] } {
  for (const leg of ['debit', 'credit', 'amount'].filter((name) => fields.has(name))) {
    if (leg === 'amount') fields.amount(leg);
    else fields.accountId(leg);
    fields.fault('invalid_postings', leg, 'cannot stand beside postings. Give debit, credit and amount, or postings.');
  }
  if (fields.has('cap')) {
    readCap(fields);
    fields.fault('invalid_operation', 'cap', 'cannot stand beside postings: only a transfer of two legs has one.');
  }
  const list = fields.value('postings');
  if (!Array.isArray(list) || list.length < 2 || list.length > MAX_POSTINGS) {
    fields.fault('invalid_postings', 'postings', `must be a list of 2 to ${MAX_POSTINGS} postings.`);
    return { postings: [] };
  }
  const postings = list.map((value: unknown, place) => readPosting(fields, value, `postings/${place}`));
  // What could not be read has a fault of an earlier code already.
  theyBalance(fields, postings);
  return { postings };
}

function readPosting(transfer: Fields, value: unknown, path: string): Posting {
  if (!isObject(value)) {
    transfer.fault('invalid_postings', path, 'must be an object with account, side and amount.');
    return { account: '', side: 'debit', amount: 0n };
  }
  const fields = transfer.inner(value, path);
  const posting: Posting = {
    account: fields.accountId('account'),
    side: fields.word('side', ['debit', 'credit'], 'invalid_postings'),
    amount: fields.amount('amount'),
  };
  fields.nothingElse();
  return posting;
}

function theyBalance(fields: Fields, postings: readonly Posting[]): void {
  if (postings.every(({ account }) => account === postings[0]?.account))
    fields.fault('same_account', 'postings', 'fall on one account only. Name two accounts at least.');
  const total = postings.reduce((sum, { side, amount }) => sum + (side === 'debit' ? amount : -amount), 0n);
  if (total !== 0n) fields.fault('unbalanced', 'postings', `have ${total > 0n ? 'more debits than credits' : 'more credits than debits'}.`);
}

/**
 * The members are read in order, up to the most that a group may have. A group that is nested, empty or too long,
 * or has fields of its own, is refused without looking at its members.
 */
function readGroup(value: JsonObject, now: number): Reading {
  const { operations } = value;
  const refuse = (detail: string): Misread => ({ rejection: invalid(detail), id: null });
  if (Object.keys(value).length !== 2) return refuse('A group has the fields "op" and "operations", and no other.');
  if (!Array.isArray(operations) || operations.length < 1 || operations.length > MAX_GROUP_OPERATIONS)
    return refuse(`The operations of a group must be a list of 1 to ${MAX_GROUP_OPERATIONS}.`);
  if (operations.some(isGroup)) return refuse('A group cannot stand in a group.');

  const members = operations.map((member: unknown) => readCommand(member, now));
  const culprit = members.findIndex((member) => 'rejection' in member);
  const misread = members[culprit];
  if (!misread || !('rejection' in misread))
    return { command: { op: 'group', operations: members.flatMap((member) => ('command' in member ? [member.command] : [])) } };

  const rejection = groupFailed(culprit, misread.rejection);
  const innocent = (place: number): Misread => ({ rejection, id: givenId(operations[place]) });
  return { rejection, id: null, members: members.map((_, place) => (place === culprit ? misread : innocent(place))) };
}

const invalid = (detail: string): Rejection => ({ code: 'invalid_operation', detail });

/** The id that a misread operation was sent under, so that its result can name it. */
function givenId(value: unknown): string | null {
  if (!isObject(value) || !Object.hasOwn(value, 'id')) return null;
  const { id } = value;
  return (isCommandId(id) || isAccountId(id)) && !holdsCardNumber(id) ? id : null;
}
