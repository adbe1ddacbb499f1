import {
  type Account,
  type Balances,
  type Command,
  type LedgerEvent,
  type Posting,
  type RecordedPosting,
  type Rejection,
  type Texts,
  type Update,
} from '@mizan/ledger';

// The wire forms below use the field names of the HTTP bodies; amounts are digit strings, times RFC 3339.
// Their keys are written in sorted order, so that JSON.stringify gives canonical JSON (RFC 8785) at a third of the cost of sorting.

export type Wire = Record<string, unknown>;

export const instant = (ms: number): string => new Date(ms).toISOString();
const digits = (amount: bigint | null): string | null => (amount === null ? null : amount.toString());
const amount = (text: unknown): bigint => BigInt(text as string);
const limit = (text: unknown): bigint | null => (text === null ? null : BigInt(text as string));

/** The facts of an event; keys stand in their sorted order, as everywhere below. */
export function dataToWire(event: LedgerEvent, texts: string | null): Wire {
  switch (event.type) {
    case 'LedgerOpened':
      return { group: event.group, ledger: event.ledger, name: event.name, tenant: event.tenant };
    case 'EntryPosted':
      return {
        command: commandToWire(event.command),
        effectiveAt: instant(event.effectiveAt),
        group: event.group,
        postings: event.postings.map(recordedPostingToWire),
        texts,
      };
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

/** A command word for word, without its texts (of `update`: whether it replaced the metadata). */
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
      const effectiveAt = command.effectiveAt === null ? {} : { effectiveAt: instant(command.effectiveAt) };
      return 'postings' in command
        ? { ...effectiveAt, id, op, postings: command.postings.map(postingToWire) }
        : { amount: digits(command.amount), credit: command.credit, debit: command.debit, ...effectiveAt, id, op };
    }
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
    case 'cancel':
      return { id, op };
  }
}

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
      const effectiveAt = wire.effectiveAt === undefined ? null : Date.parse(wire.effectiveAt as string);
      return wire.postings
        ? { op: 'transfer', id, postings: (wire.postings as Wire[]).map(postingFromWire), effectiveAt, texts }
        : {
            op: 'transfer',
            id,
            debit: wire.debit as string,
            credit: wire.credit as string,
            amount: amount(wire.amount),
            effectiveAt,
            texts,
          };
    }
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
  credits: { held: digits(balances.creditsHeld), posted: digits(balances.creditsPosted) },
  debits: { held: digits(balances.debitsHeld), posted: digits(balances.debitsPosted) },
  side,
});
export const recordedPostingFromWire = (wire: Wire): RecordedPosting => ({
  ...postingFromWire(wire),
  asset: wire.asset as string,
  balances: balancesFromWire(wire),
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

/** The whole account as it is after the event; its metadata are texts. */
function accountToWire(account: Account): Wire {
  return {
    asset: account.asset,
    closed: account.closed,
    credits: { held: digits(account.creditsHeld), posted: digits(account.creditsPosted) },
    debits: { held: digits(account.debitsHeld), posted: digits(account.debitsPosted) },
    exponent: account.exponent,
    frozen: account.frozen,
    id: account.id,
    maxBalance: digits(account.maxBalance),
    minBalance: digits(account.minBalance),
    openedAt: instant(account.openedAt),
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
