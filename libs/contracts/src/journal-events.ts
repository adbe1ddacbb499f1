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
import { decodeEnvelope, encodeEnvelope } from './envelope.js';
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
  const text = encodeEnvelope({
    id: from.eventId,
    type: event.type,
    schemaVersion: JOURNAL_SCHEMA_VERSION,
    stream: from.stream,
    version: event.position,
    recordedAt: instant(event.recordedAt),
    actor: from.actor,
    correlation: from.correlation,
    causation: from.causation,
    traceparent: from.traceparent,
    data: { ...factsToWire(event), group: event.group, ...(event.type === 'LedgerOpened' ? {} : { texts: promise }) },
  });
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

type Wire = Record<string, unknown>;

const instant = (ms: number): string => new Date(ms).toISOString();
const digits = (amount: bigint | null): string | null => (amount === null ? null : amount.toString());
const amount = (text: unknown): bigint => BigInt(text as string);
const limit = (text: unknown): bigint | null => (text === null ? null : BigInt(text as string));

function textsOf(event: LedgerEvent): Texts | null {
  return event.type === 'LedgerOpened' ? null : event.texts;
}

function factsToWire(event: LedgerEvent): Wire {
  switch (event.type) {
    case 'LedgerOpened':
      return { tenant: event.tenant, ledger: event.ledger, name: event.name };
    case 'EntryPosted':
      return {
        command: commandToWire(event.command),
        effectiveAt: instant(event.effectiveAt),
        postings: event.postings.map(recordedPostingToWire),
      };
    case 'TransferRejected':
      return { command: commandToWire(event.command), rejection: event.rejection, inGroup: event.inGroup };
    default:
      return { command: commandToWire(event.command), account: accountToWire(event.account) };
  }
}

/** A command word for word, without its texts (of `update`: whether it replaced the metadata). */
function commandToWire(command: Command): Wire {
  switch (command.op) {
    case 'open':
      return {
        op: 'open',
        id: command.id,
        type: command.type,
        asset: command.asset,
        minBalance: digits(command.minBalance),
        maxBalance: digits(command.maxBalance),
      };
    case 'transfer': {
      const movement =
        'postings' in command
          ? { postings: command.postings.map(postingToWire) }
          : { debit: command.debit, credit: command.credit, amount: digits(command.amount) };
      return {
        op: 'transfer',
        id: command.id,
        ...movement,
        ...(command.effectiveAt === null ? {} : { effectiveAt: instant(command.effectiveAt) }),
      };
    }
    case 'update':
      return {
        op: 'update',
        id: command.id,
        account: command.account,
        ...(command.minBalance === undefined ? {} : { minBalance: digits(command.minBalance) }),
        ...(command.maxBalance === undefined ? {} : { maxBalance: digits(command.maxBalance) }),
        ...(command.frozen === undefined ? {} : { frozen: command.frozen }),
        ...(command.metadata === undefined ? {} : { metadata: true }),
      };
    case 'close':
    case 'reopen':
      return { op: command.op, id: command.id, account: command.account };
    case 'cancel':
      return { op: 'cancel', id: command.id };
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

const postingToWire = (posting: Posting): Wire => ({ account: posting.account, side: posting.side, amount: digits(posting.amount) });
const postingFromWire = (wire: Wire): Posting => ({
  account: wire.account as string,
  side: wire.side as Posting['side'],
  amount: amount(wire.amount),
});

const recordedPostingToWire = (posting: RecordedPosting): Wire => ({
  ...postingToWire(posting),
  asset: posting.asset,
  ...balancesToWire(posting.balances),
});
const recordedPostingFromWire = (wire: Wire): RecordedPosting => ({
  ...postingFromWire(wire),
  asset: wire.asset as string,
  balances: balancesFromWire(wire),
});

function balancesToWire(balances: Balances): Wire {
  return {
    debits: { posted: digits(balances.debitsPosted), held: digits(balances.debitsHeld) },
    credits: { posted: digits(balances.creditsPosted), held: digits(balances.creditsHeld) },
  };
}

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
    id: account.id,
    type: account.type,
    asset: account.asset,
    exponent: account.exponent,
    minBalance: digits(account.minBalance),
    maxBalance: digits(account.maxBalance),
    frozen: account.frozen,
    closed: account.closed,
    openedPosition: account.openedPosition,
    openedAt: instant(account.openedAt),
    ...balancesToWire(account),
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
