import { isDeepStrictEqual } from 'node:util';
import type { Operation } from '../operation.js';
import { type Refusal, reasonOf } from '../refusal.js';
import type { Written } from './journal.js';
import type { Outcome, PlainLedger } from './plain-ledger.js';

const types: Readonly<Record<string, string>> = {
  open: 'AccountOpened',
  update: 'AccountUpdated',
  close: 'AccountClosed',
  reopen: 'AccountReopened',
  transfer: 'EntryPosted',
  reverse: 'EntryPosted',
  hold: 'HoldPlaced',
  capture: 'HoldCaptured',
  release: 'HoldReleased',
  'close-period': 'PeriodClosed',
};

const exponents: Readonly<Record<string, number>> = { CZK: 2, USD: 2, POINTS: 0 };
const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** What an event says otherwise than the plain rules do, or null. @param after the ledger with the event in it. */
export function differenceFrom(event: Written, operation: Operation, outcome: Outcome, after: PlainLedger): string | null {
  if (outcome.kind === 'replayed') return `its id was spent at #${outcome.position}`;
  if (outcome.kind === 'refused') {
    const expected = reasonOf(outcome.refusal);
    if (event.type !== 'TransferRejected') return `it should be refused as ${expected}`;
    const reason = reasonOf(event.data.rejection as Refusal);
    if (reason !== expected) return `it is refused as ${reason}, and should be as ${expected}`;
    return outcome.recorded ? null : `a refusal as ${reason} is not recorded`;
  }
  if (event.type === 'TransferRejected') return `it is refused as ${reasonOf(event.data.rejection as Refusal)}, and should be applied`;
  if (event.type !== types[operation.op]) return `it should be ${types[operation.op]}`;
  const expected = expectedFacts(event, operation, outcome, after);
  for (const [name, value] of Object.entries(expected))
    if (!isDeepStrictEqual(event.data[name], value))
      return `${name} should be ${JSON.stringify(value)} and is ${JSON.stringify(event.data[name])}`;
  return null;
}

function expectedFacts(event: Written, operation: Operation, outcome: Extract<Outcome, { kind: 'applied' }>, after: PlainLedger): object {
  const { op } = operation;
  const facts: Record<string, unknown> = {};
  if (['open', 'update', 'close', 'reopen'].includes(op)) facts.account = accountFacts(event, operation, after);
  if (['transfer', 'reverse', 'capture'].includes(op)) {
    facts.effectiveAt = instant(outcome.effectiveAt);
    facts.postings = outcome.postings.map(({ account, side, amount }) => ({
      account,
      amount: String(amount),
      asset: after.accounts.get(account)!.asset,
      side,
      ...totalsOf(account, after),
    }));
  }
  if (op === 'reverse') facts.reversed = String(after.entries.get(operation.entry as string)!.reversed);
  const hold = op === 'hold' ? operation.id : operation.hold;
  if (['hold', 'capture', 'release'].includes(op)) facts.hold = holdFacts(event, hold as string, after);
  if (op === 'hold' || op === 'release') facts.accounts = heldAccounts(hold as string, after);
  return facts;
}

/** What an expiry must say. */
export function expiryDifference(event: Written, after: PlainLedger): string | null {
  const { id } = event.data.hold as { id: string };
  const expected = { hold: holdFacts(event, id, after), accounts: heldAccounts(id, after) };
  for (const [name, value] of Object.entries(expected))
    if (!isDeepStrictEqual(event.data[name], value))
      return `${name} should be ${JSON.stringify(value)} and is ${JSON.stringify(event.data[name])}`;
  return null;
}

function totalsOf(id: string, { accounts }: PlainLedger): object {
  const account = accounts.get(id)!;
  return {
    credits: { held: String(account.creditsHeld), posted: String(account.creditsPosted) },
    debits: { held: String(account.debitsHeld), posted: String(account.debitsPosted) },
  };
}

const heldAccounts = (hold: string, after: PlainLedger): object[] => {
  const { debit, credit } = after.holds.get(hold)!;
  return [debit, credit].map((account) => ({ account, ...totalsOf(account, after) }));
};

function holdFacts(event: Written, id: string, after: PlainLedger): object {
  const hold = after.holds.get(id)!;
  const { placedAt, placedPosition } = event.data.hold as { placedAt: string; placedPosition: number };
  return {
    amount: String(hold.amount),
    asset: after.accounts.get(hold.debit)!.asset,
    captured: String(hold.captured),
    credit: hold.credit,
    debit: hold.debit,
    expiresAt: instant(hold.expiresAt),
    id,
    placedAt: event.type === 'HoldPlaced' ? instant(event.recordedAt) : placedAt,
    placedPosition: event.type === 'HoldPlaced' ? event.position : placedPosition,
    released: String(hold.released),
    remaining: String(hold.amount - hold.captured - hold.released),
    status: hold.status,
  };
}

function accountFacts(event: Written, operation: Operation, after: PlainLedger): object {
  const id = (operation.op === 'open' ? operation.id : operation.account) as string;
  const account = after.accounts.get(id)!;
  const { openedAt, openedPosition } = event.data.account as { openedAt: string; openedPosition: number };
  const opened = event.type === 'AccountOpened';
  return {
    asset: account.asset,
    closed: account.closed,
    exponent: exponents[account.asset],
    frozen: account.frozen,
    id,
    maxBalance: account.max === null ? null : String(account.max),
    minBalance: account.min === null ? null : String(account.min),
    openedAt: opened ? instant(event.recordedAt) : openedAt,
    openedPosition: opened ? event.position : openedPosition,
    type: account.type,
    ...totalsOf(id, after),
  };
}
