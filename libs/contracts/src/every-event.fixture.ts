import type { Account, Balances, Command, Hold, LedgerEvent, RecordedPosting, Texts } from '@mizan/ledger';
import { accountTypes, caps, frozenStates, holdStatuses, noTexts } from '@mizan/ledger';
import * as fc from 'fast-check';
import { type EncodedEvent, encodeEvent } from './journal-events.js';

// Events of every type with any content: not histories, but all that the wire form must be able to say.

const amount = fc.bigInt({ min: 1n, max: 2n ** 128n - 1n });
const total = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const limit = fc.option(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n }));
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}$/);
const accountId = fc.constantFrom('bank:cash', 'clients:1', 'clients:2', 'fees');
const moment = fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(2100, 0) });
const position = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const words = fc.string({ unit: 'grapheme', maxLength: 12 });
const metadata = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), words, { maxKeys: 3, noNullPrototype: true });
const texts: fc.Arbitrary<Texts> = fc.record({ reference: fc.option(words), metadata });
const side = fc.constantFrom('debit', 'credit');
const posting = fc.record({ account: accountId, side, amount });
const balances: fc.Arbitrary<Balances> = fc.record({ debitsPosted: total, debitsHeld: total, creditsPosted: total, creditsHeld: total });
const postings: fc.Arbitrary<RecordedPosting[]> = fc.array(
  fc.record({ account: accountId, side, amount, asset: fc.constantFrom('CZK', 'KWD'), balances }),
  { minLength: 2, maxLength: 4 },
);
const recorded = { position, recordedAt: moment, group: fc.option(fc.record({ first: position, last: position })) };
const account = fc.record({
  id: accountId,
  type: fc.constantFrom(...accountTypes),
  asset: fc.constantFrom('CZK', 'KWD'),
  exponent: fc.integer({ min: 0, max: 18 }),
  minBalance: limit,
  maxBalance: limit,
  frozen: fc.constantFrom(...frozenStates),
  closed: fc.boolean(),
  openedPosition: position,
  openedAt: moment,
  debitsPosted: total,
  debitsHeld: total,
  creditsPosted: total,
  creditsHeld: total,
});
const hold = fc.record({
  id,
  debit: accountId,
  credit: accountId,
  asset: fc.constantFrom('CZK', 'KWD'),
  amount,
  captured: total,
  released: total,
  remaining: total,
  status: fc.constantFrom(...holdStatuses),
  expiresAt: fc.option(moment),
  placedAt: moment,
  placedPosition: position,
});
const rejection = fc.record(
  { code: fc.constant('insufficient_funds'), detail: words, account: accountId, field: fc.constantFrom('amount', 'debit') },
  { requiredKeys: ['code', 'detail'] },
);
const accounts = fc.array(fc.record({ account: accountId, balances }), { minLength: 2, maxLength: 2 });
const op = <O extends Command['op']>(name: O): fc.Arbitrary<O> => fc.constant(name);

const twoLegs = { op: op('transfer'), id, debit: accountId, credit: accountId, amount, effectiveAt: fc.option(moment) };
const command = {
  open: fc.record({
    op: op('open'),
    id: accountId,
    type: account.map(({ type }) => type),
    asset: fc.constant('CZK'),
    minBalance: limit,
    maxBalance: limit,
  }),
  transfer: fc.oneof(
    fc.record(twoLegs),
    fc.record({ ...twoLegs, cap: fc.constantFrom(...caps) }),
    fc.record({ op: op('transfer'), id, postings: fc.array(posting, { minLength: 2, maxLength: 4 }), effectiveAt: fc.option(moment) }),
  ),
  hold: fc.record({ op: op('hold'), id, debit: accountId, credit: accountId, amount, expiresAt: fc.option(moment) }),
  capture: fc.record({ op: op('capture'), id, hold: id, amount: fc.option(amount), final: fc.boolean(), effectiveAt: fc.option(moment) }),
  release: fc.record({ op: op('release'), id, hold: id }),
  reverse: fc.record({ op: op('reverse'), id, entry: id, amount: fc.option(amount) }),
  update: fc.record(
    { op: op('update'), id, account: accountId, minBalance: limit, maxBalance: limit, frozen: fc.constantFrom(...frozenStates) },
    { requiredKeys: ['op', 'id', 'account'] },
  ),
  close: fc.record({ op: fc.constantFrom('close' as const, 'reopen' as const), id, account: accountId }),
  period: fc.record({ op: op('close-period'), id, through: fc.constant('2026-01-31') }),
  cancel: fc.record({ op: op('cancel'), id }),
};

/** The command carries the event's words, all of them. */
const worded = (asked: object, said: Texts): Command => ({ ...asked, texts: said }) as Command;
/** A capture took the hold's words where it gave none. */
const captureOf = (asked: object, said: Texts, gaveReference: boolean, gaveMetadata: boolean): Command =>
  worded(asked, { reference: gaveReference ? said.reference : null, metadata: gaveMetadata ? said.metadata : {} });

export const anyEvent: fc.Arbitrary<LedgerEvent> = fc
  .record({
    recorded: fc.record(recorded),
    texts,
    postings,
    accounts,
    hold,
    account,
    effectiveAt: moment,
    amount,
    given: fc.tuple(fc.boolean(), fc.boolean()),
    rejection,
    inGroup: fc.boolean(),
  })
  .chain((all) => {
    const { recorded, texts, postings, accounts, effectiveAt, amount } = all;
    const hold: Hold = { ...all.hold, position: recorded.position };
    const kept: Texts = { reference: null, metadata: texts.metadata };
    const account: Account = { ...all.account, metadata: texts.metadata };
    return fc.oneof(
      fc.constant({ ...recorded, type: 'LedgerOpened', tenant: 'development', ledger: 'main', name: 'Main book' } as LedgerEvent),
      command.open.map(
        (asked) => ({ ...recorded, type: 'AccountOpened', texts: kept, account, command: worded(asked, kept) }) as LedgerEvent,
      ),
      command.update.map((asked) => ({ ...recorded, type: 'AccountUpdated', texts: kept, account, command: asked }) as LedgerEvent),
      command.update.map(
        (asked) =>
          ({ ...recorded, type: 'AccountUpdated', texts: kept, account, command: { ...asked, metadata: kept.metadata } }) as LedgerEvent,
      ),
      command.close.map(
        (asked) =>
          ({
            ...recorded,
            type: asked.op === 'close' ? 'AccountClosed' : 'AccountReopened',
            texts: kept,
            account,
            command: asked,
          }) as LedgerEvent,
      ),
      command.transfer.map(
        (asked) =>
          ({
            ...recorded,
            type: 'EntryPosted',
            texts,
            effectiveAt,
            postings,
            reversed: null,
            command: worded(asked, texts),
          }) as LedgerEvent,
      ),
      command.reverse.map(
        (asked) =>
          ({
            ...recorded,
            type: 'EntryPosted',
            texts,
            effectiveAt,
            postings,
            reversed: amount,
            command: worded(asked, texts),
          }) as LedgerEvent,
      ),
      command.hold.map(
        (asked) => ({ ...recorded, type: 'HoldPlaced', texts, hold, accounts, command: worded(asked, texts) }) as LedgerEvent,
      ),
      command.capture.map(
        (asked) =>
          ({
            ...recorded,
            type: 'HoldCaptured',
            texts,
            effectiveAt,
            postings,
            hold,
            released: amount,
            command: captureOf(asked, texts, ...all.given),
          }) as LedgerEvent,
      ),
      command.release.map(
        (asked) => ({ ...recorded, type: 'HoldReleased', texts: noTexts, hold, accounts, command: asked }) as LedgerEvent,
      ),
      fc.constant({ ...recorded, type: 'HoldExpired', hold, accounts } as LedgerEvent),
      command.period.map((asked) => ({ ...recorded, type: 'PeriodClosed', texts: noTexts, command: asked }) as LedgerEvent),
      fc.oneof(command.transfer, command.hold, command.capture, command.reverse).map(
        (asked) =>
          ({
            ...recorded,
            type: 'TransferRejected',
            texts,
            rejection: all.rejection,
            inGroup: all.inGroup,
            command: worded(asked, texts),
          }) as LedgerEvent,
      ),
      command.cancel.map(
        (asked) =>
          ({
            ...recorded,
            type: 'TransferRejected',
            texts: noTexts,
            rejection: { code: 'cancelled', detail: 'Given up.' },
            inGroup: true,
            command: asked,
          }) as LedgerEvent,
      ),
    );
  });

/** @param traced whether it came about in a trace and because of another event. */
export const encodeAny = (of: LedgerEvent, traced = false): EncodedEvent =>
  encodeEvent(of, {
    eventId: '00000000-0000-8000-a000-000000000001',
    stream: 'journal-any',
    actor: 'key:any',
    correlation: traced ? 'request-1' : null,
    causation: traced ? '00000000-0000-8000-a000-000000000000' : null,
    traceparent: traced ? '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' : null,
    salt: () => '00112233445566778899aabbccddeeff',
  });
