import {
  type AccountBalances,
  type AccountEvent,
  type Capture,
  type ClosePeriod,
  type Command,
  type Hold,
  type LedgerEvent,
  type PlaceHold,
  type RecordedPosting,
  type Rejection,
  type Release,
  type Reverse,
  type Texts,
  type Transfer,
  noTexts,
} from '@mizan/ledger';
import { type Envelope, decodeEnvelope } from './envelope.js';
import { instantText } from './instant.js';
import { journalKinds } from './journal-kinds.js';
import {
  type Wire,
  accountBalancesFromWire,
  accountFromWire,
  commandFromWire,
  dataToWire,
  holdFromWire,
  recordedPostingFromWire,
} from './journal-wire.js';
import { type KeptTexts, commitment, isWordless } from './texts.js';

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
    recordedAt: instantText(event.recordedAt),
    schemaVersion: journalKinds.versionOf(event.type)!,
    stream: from.stream,
    traceparent: from.traceparent,
    type: event.type,
    version: event.position,
  } satisfies Envelope);
  return { text, kept: kept && promise ? { commitment: promise, texts: kept } : null };
}

/**
 * A stored event as the rules know it.
 * @param kept what is kept beside it; null or absent where there is nothing, or it was erased.
 */
export function decodeEvent(text: string, kept?: Texts | null): LedgerEvent {
  const envelope = decodeEnvelope(text);
  journalKinds.check(envelope);
  const data = envelope.data as Wire;
  const words: Texts | null = data.texts == null ? noTexts : kept ? { reference: kept.reference, metadata: kept.metadata } : null;
  const recorded = { position: envelope.version, recordedAt: Date.parse(envelope.recordedAt), group: data.group as LedgerEvent['group'] };
  const command = <C extends Command>(): C => commandFromWire(data.command as Wire, words ?? noTexts) as C;
  const postings = (): RecordedPosting[] => (data.postings as Wire[]).map(recordedPostingFromWire);
  const accounts = (): AccountBalances[] => (data.accounts as Wire[]).map(accountBalancesFromWire);
  const hold = (): Hold => holdFromWire(data.hold as Wire, envelope.version);
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
        command: command(),
        account: accountFromWire(data.account as Wire, (words ?? noTexts).metadata),
      } as AccountEvent;
    case 'EntryPosted':
      return {
        type: 'EntryPosted',
        ...recorded,
        texts: words,
        command: command<Transfer | Reverse>(),
        effectiveAt: Date.parse(data.effectiveAt as string),
        postings: postings(),
        reversed: data.reversed === undefined ? null : BigInt(data.reversed as string),
      };
    case 'HoldPlaced':
      return { type: 'HoldPlaced', ...recorded, texts: words, command: command<PlaceHold>(), hold: hold(), accounts: accounts() };
    case 'HoldCaptured':
      return {
        type: 'HoldCaptured',
        ...recorded,
        texts: words,
        command: command<Capture>(),
        effectiveAt: Date.parse(data.effectiveAt as string),
        postings: postings(),
        hold: hold(),
        released: BigInt(data.released as string),
      };
    case 'HoldReleased':
      return { type: 'HoldReleased', ...recorded, texts: words, command: command<Release>(), hold: hold(), accounts: accounts() };
    case 'HoldExpired':
      return { type: 'HoldExpired', ...recorded, hold: hold(), accounts: accounts() };
    case 'PeriodClosed':
      return { type: 'PeriodClosed', ...recorded, texts: words, command: command<ClosePeriod>() };
    case 'TransferRejected':
      return {
        type: 'TransferRejected',
        ...recorded,
        texts: words,
        command: command(),
        rejection: data.rejection as Rejection,
        inGroup: data.inGroup as boolean,
      };
  }
}

function textsOf(event: LedgerEvent): Texts | null {
  return 'texts' in event ? event.texts : null;
}
