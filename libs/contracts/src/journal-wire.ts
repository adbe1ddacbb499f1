import {
  type Account,
  type AccountBalances,
  type Balances,
  type Cap,
  type Command,
  type Hold,
  type LedgerEvent,
  type Posting,
  type RecordedPosting,
  type Rejection,
  type Texts,
  type Update,
} from '@mizan/ledger';
import { instantText } from './instant.js';

// The wire forms below use the field names of the HTTP bodies; amounts are digit strings, times RFC 3339.
// Their keys are written in sorted order, so that JSON.stringify gives canonical JSON (RFC 8785) at a third of the cost of sorting.

export type Wire = Record<string, unknown>;

const digits = (amount: bigint | null): string | null => (amount === null ? null : amount.toString());
const amount = (text: unknown): bigint => BigInt(text as string);
const limit = (text: unknown): bigint | null => (text === null ? null : BigInt(text as string));
const amountOrNull = (text: unknown): bigint | null => (text === undefined ? null : BigInt(text as string));
/** A moment that may be null, or absent. */
const moment = (text: unknown): number | null => (text == null ? null : Date.parse(text as string));

/** The facts of an event; keys stand in their sorted order, as everywhere below. */
export function dataToWire(event: LedgerEvent, texts: string | null): Wire {
  switch (event.type) {
    case 'LedgerOpened':
      return { group: event.group, ledger: event.ledger, name: event.name, tenant: event.tenant };
    case 'EntryPosted':
      return {
        command: commandToWire(event.command),
        effectiveAt: instantText(event.effectiveAt),
        group: event.group,
        postings: event.postings.map(recordedPostingToWire),
        ...(event.reversed === null ? {} : { reversed: digits(event.reversed) }),
        texts,
      };
    case 'HoldPlaced':
    case 'HoldReleased':
      return {
        accounts: event.accounts.map(accountBalancesToWire),
        command: commandToWire(event.command),
        group: event.group,
        hold: holdToWire(event.hold),
        texts,
      };
    case 'HoldCaptured':
      return {
        command: commandToWire(event.command),
        effectiveAt: instantText(event.effectiveAt),
        group: event.group,
        hold: holdToWire(event.hold),
        postings: event.postings.map(recordedPostingToWire),
        released: digits(event.released),
        texts,
      };
    case 'HoldExpired':
      return { accounts: event.accounts.map(accountBalancesToWire), group: event.group, hold: holdToWire(event.hold) };
    case 'PeriodClosed':
      return { command: commandToWire(event.command), group: event.group, texts };
    case 'TransferRejected':
      return {
        command: commandToWire(event.command),
        group: event.group,
        inGroup: event.inGroup,
        rejection: rejectionToWire(event.rejection),
        texts,
      };
    default:
      return { account: accountToWire(event.account), command: commandToWire(event.command), group: event.group, texts };
  }
}

function rejectionToWire({ account, code, detail, field }: Rejection): Wire {
  return { ...(account === undefined ? {} : { account }), code, detail, ...(field === undefined ? {} : { field }) };
}

/** A command word for word, without its texts (of `update` and `capture`: which words it gave). */
function commandToWire(command: Command): Wire {
  const { id, op } = command;
  switch (op) {
    case 'open':
      return {
        asset: command.asset,
        id,
        maxBalance: digits(command.maxBalance),
        minBalance: digits(command.minBalance),
        op,
        type: command.type,
      };
    case 'transfer': {
      if ('postings' in command) return { ...effectiveAtOf(command), id, op, postings: command.postings.map(postingToWire) };
      const { amount, cap, credit, debit } = command;
      return { amount: digits(amount), ...(cap === undefined ? {} : { cap }), credit, debit, ...effectiveAtOf(command), id, op };
    }
    case 'hold': {
      const { amount, credit, debit, expiresAt } = command;
      return { amount: digits(amount), credit, debit, ...(expiresAt === null ? {} : { expiresAt: instantText(expiresAt) }), id, op };
    }
    case 'capture': {
      const { amount, final, hold, texts } = command;
      return {
        ...(amount === null ? {} : { amount: digits(amount) }),
        ...effectiveAtOf(command),
        final,
        hold,
        id,
        ...(Object.keys(texts.metadata).length === 0 ? {} : { metadata: true }),
        op,
        ...(texts.reference === null ? {} : { reference: true }),
      };
    }
    case 'release':
      return { hold: command.hold, id, op };
    case 'reverse':
      return { ...(command.amount === null ? {} : { amount: digits(command.amount) }), entry: command.entry, id, op };
    case 'update':
      return {
        account: command.account,
        ...(command.frozen === undefined ? {} : { frozen: command.frozen }),
        id,
        ...(command.maxBalance === undefined ? {} : { maxBalance: digits(command.maxBalance) }),
        ...(command.metadata === undefined ? {} : { metadata: true }),
        ...(command.minBalance === undefined ? {} : { minBalance: digits(command.minBalance) }),
        op,
      };
    case 'close':
    case 'reopen':
      return { account: command.account, id, op };
    case 'close-period':
      return { id, op, through: command.through };
    case 'cancel':
      return { id, op };
  }
}

const effectiveAtOf = ({ effectiveAt }: { readonly effectiveAt: number | null }): Wire =>
  effectiveAt === null ? {} : { effectiveAt: instantText(effectiveAt) };

/** @param texts those of the event it caused. */
export function commandFromWire(wire: Wire, texts: Texts): Command {
  const id = wire.id as string;
  switch (wire.op as Command['op']) {
    case 'open':
      return {
        op: 'open',
        id,
        type: wire.type as Account['type'],
        asset: wire.asset as string,
        minBalance: limit(wire.minBalance),
        maxBalance: limit(wire.maxBalance),
        texts,
      };
    case 'transfer': {
      const effectiveAt = moment(wire.effectiveAt);
      return wire.postings
        ? { op: 'transfer', id, postings: (wire.postings as Wire[]).map(postingFromWire), effectiveAt, texts }
        : {
            op: 'transfer',
            id,
            debit: wire.debit as string,
            credit: wire.credit as string,
            amount: amount(wire.amount),
            ...(wire.cap === undefined ? {} : { cap: wire.cap as Cap }),
            effectiveAt,
            texts,
          };
    }
    case 'hold':
      return {
        op: 'hold',
        id,
        debit: wire.debit as string,
        credit: wire.credit as string,
        amount: amount(wire.amount),
        expiresAt: moment(wire.expiresAt),
        texts,
      };
    case 'capture':
      return {
        op: 'capture',
        id,
        hold: wire.hold as string,
        amount: amountOrNull(wire.amount),
        final: wire.final as boolean,
        effectiveAt: moment(wire.effectiveAt),
        texts: { reference: wire.reference ? texts.reference : null, metadata: wire.metadata ? texts.metadata : {} },
      };
    case 'release':
      return { op: 'release', id, hold: wire.hold as string };
    case 'reverse':
      return { op: 'reverse', id, entry: wire.entry as string, amount: amountOrNull(wire.amount), texts };
    case 'update':
      return {
        op: 'update',
        id,
        account: wire.account as string,
        ...('minBalance' in wire ? { minBalance: limit(wire.minBalance) } : {}),
        ...('maxBalance' in wire ? { maxBalance: limit(wire.maxBalance) } : {}),
        ...('frozen' in wire ? { frozen: wire.frozen as NonNullable<Update['frozen']> } : {}),
        ...('metadata' in wire ? { metadata: texts.metadata } : {}),
      };
    case 'close':
      return { op: 'close', id, account: wire.account as string };
    case 'reopen':
      return { op: 'reopen', id, account: wire.account as string };
    case 'close-period':
      return { op: 'close-period', id, through: wire.through as string };
    case 'cancel':
      return { op: 'cancel', id };
    default:
      throw new Error(`Unknown op ${String(wire.op)} in a stored command. Run a newer program.`);
  }
}

const postingToWire = ({ account, amount, side }: Posting): Wire => ({ account, amount: digits(amount), side });
const postingFromWire = (wire: Wire): Posting => ({
  account: wire.account as string,
  side: wire.side as Posting['side'],
  amount: amount(wire.amount),
});

const recordedPostingToWire = ({ account, amount, asset, balances, side }: RecordedPosting): Wire => ({
  account,
  amount: digits(amount),
  asset,
  ...balancesToWire(balances),
  side,
});
export const recordedPostingFromWire = (wire: Wire): RecordedPosting => ({
  ...postingFromWire(wire),
  asset: wire.asset as string,
  balances: balancesFromWire(wire),
});

const balancesToWire = ({ creditsHeld, creditsPosted, debitsHeld, debitsPosted }: Balances): Wire => ({
  credits: { held: digits(creditsHeld), posted: digits(creditsPosted) },
  debits: { held: digits(debitsHeld), posted: digits(debitsPosted) },
});
function balancesFromWire(wire: Wire): Balances {
  const debits = wire.debits as Wire;
  const credits = wire.credits as Wire;
  return {
    debitsPosted: amount(debits.posted),
    debitsHeld: amount(debits.held),
    creditsPosted: amount(credits.posted),
    creditsHeld: amount(credits.held),
  };
}

const accountBalancesToWire = ({ account, balances }: AccountBalances): Wire => ({ account, ...balancesToWire(balances) });
export const accountBalancesFromWire = (wire: Wire): AccountBalances => ({
  account: wire.account as string,
  balances: balancesFromWire(wire),
});

/** The whole hold as it is after the event, whose position is the hold's. */
function holdToWire(hold: Hold): Wire {
  return {
    amount: digits(hold.amount),
    asset: hold.asset,
    captured: digits(hold.captured),
    credit: hold.credit,
    debit: hold.debit,
    expiresAt: hold.expiresAt === null ? null : instantText(hold.expiresAt),
    id: hold.id,
    placedAt: instantText(hold.placedAt),
    placedPosition: hold.placedPosition,
    released: digits(hold.released),
    remaining: digits(hold.remaining),
    status: hold.status,
  };
}

/** @param position of the event. */
export function holdFromWire(wire: Wire, position: number): Hold {
  return {
    id: wire.id as string,
    debit: wire.debit as string,
    credit: wire.credit as string,
    asset: wire.asset as string,
    amount: amount(wire.amount),
    captured: amount(wire.captured),
    released: amount(wire.released),
    remaining: amount(wire.remaining),
    status: wire.status as Hold['status'],
    expiresAt: moment(wire.expiresAt),
    placedAt: Date.parse(wire.placedAt as string),
    placedPosition: wire.placedPosition as number,
    position,
  };
}

/** The whole account as it is after the event; its metadata are texts. */
function accountToWire(account: Account): Wire {
  return {
    asset: account.asset,
    closed: account.closed,
    ...balancesToWire(account),
    exponent: account.exponent,
    frozen: account.frozen,
    id: account.id,
    maxBalance: digits(account.maxBalance),
    minBalance: digits(account.minBalance),
    openedAt: instantText(account.openedAt),
    openedPosition: account.openedPosition,
    type: account.type,
  };
}

export function accountFromWire(wire: Wire, metadata: Account['metadata']): Account {
  return {
    id: wire.id as string,
    type: wire.type as Account['type'],
    asset: wire.asset as string,
    exponent: wire.exponent as number,
    minBalance: limit(wire.minBalance),
    maxBalance: limit(wire.maxBalance),
    frozen: wire.frozen as Account['frozen'],
    closed: wire.closed as boolean,
    metadata,
    openedPosition: wire.openedPosition as number,
    openedAt: Date.parse(wire.openedAt as string),
    ...balancesFromWire(wire),
  };
}
