import {
  type Account,
  type AccountEvent,
  type Balances,
  type Command,
  type LedgerEvent,
  type Posting,
  type RecordedPosting,
  type Rejection,
  type Texts,
  type Transfer,
  type Update,
  noTexts,
} from '@mizan/ledger';
import { type Envelope, decodeEnvelope } from './envelope.js';
import { type KeptTexts, commitment, isWordless } from './texts.js';

/** The form of every journal event that is written today. Older forms are upcast on read. */
export const JOURNAL_SCHEMA_VERSION = 1;

/** What the writer knows beside the event itself. */
export interface Provenance {
  readonly eventId: string;
  readonly stream: string;
  readonly actor: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly traceparent: string | null;
  /** Draws 32 random hex digits, for the commitment where the event has texts. */
  readonly salt: () => string;
}

export interface EncodedEvent {
  readonly text: string;
  /** To be kept beside the journal under `commitment`, or null where there are no words. */
  readonly kept: { readonly commitment: string; readonly texts: KeptTexts } | null;
}

export function encodeEvent(event: LedgerEvent, from: Provenance): EncodedEvent {
  const words = textsOf(event);
  const kept = words === null || isWordless(words) ? null : { salt: from.salt(), reference: words.reference, metadata: words.metadata };
  const promise = kept && commitment(kept);
  const text = JSON.stringify({
    actor: from.actor,
    causation: from.causation,
    correlation: from.correlation,
    data: dataToWire(event, promise),
    id: from.eventId,
    recordedAt: instant(event.recordedAt),
    schemaVersion: JOURNAL_SCHEMA_VERSION,
    stream: from.stream,
    traceparent: from.traceparent,
    type: event.type,
    version: event.position,
  } satisfies Envelope);
  return { text, kept: kept && promise ? { commitment: promise, texts: kept } : null };
}

/** What a stored event says about its neighbours and its texts. */
export interface Seams {
  /** The first and last version of the all-or-nothing group it belongs to, or null. */
  readonly group: { readonly first: number; readonly last: number } | null;
  /** The commitment to its texts, or null where it has none. */
  readonly texts: string | null;
}

/**
 * Reads the seams of a stored event without parsing the whole. That is safe on canonical JSON: inside a string every
 * quote is escaped, so `"group":{` and `"texts":"` can only be keys, and no other part of an event has these keys.
 */
export function seamsOf(text: string): Seams {
  const group = GROUP.exec(text);
  return { group: group && { first: Number(group[1]), last: Number(group[2]) }, texts: TEXTS.exec(text)?.[1] ?? null };
}

const GROUP = /"group":\{"first":(\d+),"last":(\d+)\}/;
const TEXTS = /"texts":"([0-9a-f]{64})"/;

/**
 * A stored event as the rules know it.
 * @param kept what is kept beside it; null or absent where there is nothing, or it was erased.
 */
export function decodeEvent(text: string, kept?: Texts | null): LedgerEvent {
  const envelope = decodeEnvelope(text);
  if (envelope.schemaVersion !== JOURNAL_SCHEMA_VERSION)
    throw new Error(
      `Event ${envelope.stream}@${envelope.version} has schema version ${envelope.schemaVersion}; this program knows ${JOURNAL_SCHEMA_VERSION}. Run a newer one.`,
    );
  const data = envelope.data as Wire;
  const words: Texts | null = data.texts == null ? noTexts : kept ? { reference: kept.reference, metadata: kept.metadata } : null;
  const recorded = { position: envelope.version, recordedAt: Date.parse(envelope.recordedAt), group: data.group as LedgerEvent['group'] };
  switch (envelope.type as LedgerEvent['type']) {
    case 'LedgerOpened':
      return { type: 'LedgerOpened', ...recorded, tenant: data.tenant as string, ledger: data.ledger as string, name: data.name as string };
    case 'AccountOpened':
    case 'AccountUpdated':
    case 'AccountClosed':
    case 'AccountReopened':
      return {
        type: envelope.type,
        ...recorded,
        texts: words,
        command: commandFromWire(data.command as Wire, words ?? noTexts),
        account: accountFromWire(data.account as Wire, (words ?? noTexts).metadata),
      } as AccountEvent;
    case 'EntryPosted':
      return {
        type: 'EntryPosted',
        ...recorded,
        texts: words,
        command: commandFromWire(data.command as Wire, words ?? noTexts) as Transfer,
        effectiveAt: Date.parse(data.effectiveAt as string),
        postings: (data.postings as Wire[]).map(recordedPostingFromWire),
      };
    case 'TransferRejected':
      return {
        type: 'TransferRejected',
        ...recorded,
        texts: words,
        command: commandFromWire(data.command as Wire, words ?? noTexts),
        rejection: data.rejection as Rejection,
        inGroup: data.inGroup as boolean,
      };
    default:
      throw new Error(`Event ${envelope.stream}@${envelope.version} is of an unknown type ${envelope.type}. Run a newer program.`);
  }
}

// The wire forms below use the field names of the HTTP bodies; amounts are digit strings, times RFC 3339.
// Their keys are written in sorted order, so that JSON.stringify gives canonical JSON (RFC 8785) at a third of the cost of sorting.

type Wire = Record<string, unknown>;

const instant = (ms: number): string => new Date(ms).toISOString();
const digits = (amount: bigint | null): string | null => (amount === null ? null : amount.toString());
const amount = (text: unknown): bigint => BigInt(text as string);
const limit = (text: unknown): bigint | null => (text === null ? null : BigInt(text as string));

function textsOf(event: LedgerEvent): Texts | null {
  return event.type === 'LedgerOpened' ? null : event.texts;
}

/** The facts of an event; keys stand in their sorted order, as everywhere below. */
function dataToWire(event: LedgerEvent, texts: string | null): Wire {
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

function commandFromWire(wire: Wire, texts: Texts): Command {
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
const recordedPostingFromWire = (wire: Wire): RecordedPosting => ({
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

function accountFromWire(wire: Wire, metadata: Account['metadata']): Account {
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
