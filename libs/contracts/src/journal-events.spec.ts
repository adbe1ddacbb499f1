import { Book, type Command, type Group, type LedgerEvent, decide, decideGroup, expireHold, noTexts, openLedger } from '@mizan/ledger';
import { decodeEvent, encodeEvent } from './journal-events.js';
import { canonicalJson } from './envelope.js';
import { seamsOf } from './seams.js';
import { commitment } from './texts.js';

const SALT = '00112233445566778899aabbccddeeff';
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** A small history with every event that is written today, each form of its command included. */
function history(): LedgerEvent[] {
  const book = new Book();
  const events: LedgerEvent[] = [];
  const take = (more: readonly LedgerEvent[]): void => more.forEach((event) => (book.apply(event), events.push(event)));
  const command = (asked: Command): void => take(decide(book, asked, at + events.length).events);
  take([openLedger(book, { tenant: 'development', ledger: 'main', name: 'Main book' }, at)]);
  command({
    op: 'open',
    id: 'bank:cash',
    type: 'asset',
    asset: 'CZK',
    minBalance: null,
    maxBalance: null,
    texts: { reference: null, metadata: { iban: 'none' } },
  });
  command({ op: 'open', id: 'clients:1', type: 'liability', asset: 'CZK', minBalance: 0n, maxBalance: 10n ** 30n, texts: noTexts });
  command({
    op: 'transfer',
    id: 't1',
    debit: 'bank:cash',
    credit: 'clients:1',
    amount: 2n ** 100n / 10n ** 3n,
    effectiveAt: null,
    texts: { reference: 'دفعة أولى \u2028 "x"', metadata: { a: '1' } },
  });
  const postings = [
    { account: 'clients:1', side: 'debit', amount: 7n },
    { account: 'bank:cash', side: 'credit', amount: 3n },
    { account: 'bank:cash', side: 'credit', amount: 4n },
  ] as const;
  command({ op: 'transfer', id: 't2', postings, effectiveAt: Date.UTC(1993, 0, 1), texts: noTexts });
  command({ op: 'transfer', id: 't3', debit: 'clients:1', credit: 'nobody', amount: 1n, effectiveAt: null, texts: noTexts });
  command({ op: 'update', id: 'u1', account: 'clients:1', minBalance: null, frozen: 'debits', metadata: { tier: '2' } });
  command({ op: 'cancel', id: 'never' });
  command({ op: 'open', id: 'clients:2', type: 'liability', asset: 'CZK', minBalance: 0n, maxBalance: null, texts: noTexts });
  command({ op: 'close', id: 'c1', account: 'clients:2' });
  command({ op: 'reopen', id: 'c2', account: 'clients:2' });
  const transfer = (id: string, debit: string, credit: string): Command => ({
    op: 'transfer',
    id,
    debit,
    credit,
    amount: 5n,
    effectiveAt: null,
    texts: noTexts,
  });
  const group: Group = { op: 'group', operations: [transfer('g1', 'bank:cash', 'clients:2'), transfer('g2', 'clients:2', 'bank:cash')] };
  take(decideGroup(book, group, at + 50).events);
  take(
    decideGroup(
      book,
      { op: 'group', operations: [transfer('g3', 'bank:cash', 'clients:2'), transfer('g4', 'clients:1', 'clients:2')] },
      at + 60,
    ).events,
  );
  const hold = (id: string, amount: bigint, expiresAt: number | null = null): Command => ({
    op: 'hold',
    id,
    debit: 'bank:cash',
    credit: 'clients:2',
    amount,
    expiresAt,
    texts: { reference: 'deposit for the flat', metadata: { order: '17' } },
  });
  const capture = (id: string, of: string, amount: bigint | null, more: Partial<Extract<Command, { op: 'capture' }>> = {}): Command => ({
    op: 'capture',
    id,
    hold: of,
    amount,
    final: true,
    effectiveAt: null,
    texts: noTexts,
    ...more,
  });
  command(hold('h1', 100n));
  command(capture('h1:first', 'h1', 30n, { final: false }));
  command(capture('h1:second', 'h1', 20n, { effectiveAt: Date.UTC(2026, 0, 1), texts: { reference: 'the rest', metadata: {} } }));
  command(hold('h2', 2n ** 100n));
  command(capture('h2:all', 'h2', null, { texts: { reference: null, metadata: { order: '18' } } }));
  command(hold('h3', 5n));
  command({ op: 'release', id: 'h3:release', hold: 'h3' });
  command(hold('h4', 6n, at + 1_000));
  take([expireHold(book, 'h4', at + 1_000)]);
  command({ op: 'reverse', id: 'g1:back', entry: 'g1', amount: 2n, texts: { reference: 'taken back', metadata: {} } });
  command({ op: 'reverse', id: 'g1:back:back', entry: 'g1:back', amount: null, texts: noTexts });
  command({ ...transfer('most', 'clients:2', 'bank:cash'), amount: 2n ** 120n, cap: 'debit' } as Command);
  command({ op: 'close-period', id: 'p1', through: '2026-01-01' });
  command(hold('h5', 7n));
  command({ ...hold('h6', 8n), credit: 'nobody' } as Command);
  command(capture('c9', 'no-such-hold', null, { texts: { reference: 'lost', metadata: {} } }));
  command({ op: 'reverse', id: 'r9', entry: 'no-such-entry', amount: null, texts: noTexts });
  return events;
}

const provenance = (event: LedgerEvent) => ({
  eventId: `00000000-0000-8000-a000-${String(event.position).padStart(12, '0')}`,
  stream: 'journal-golden',
  actor: 'key:golden',
  correlation: 'request-1',
  causation: null,
  traceparent: null,
  salt: () => SALT,
});
const encode = (event: LedgerEvent) => encodeEvent(event, provenance(event));

describe('journal events', () => {
  it('are covered whole: every type stands in the history', () => {
    expect(new Set(history().map(({ type }) => type))).toEqual(
      new Set([
        'LedgerOpened',
        'AccountOpened',
        'AccountUpdated',
        'AccountClosed',
        'AccountReopened',
        'EntryPosted',
        'HoldPlaced',
        'HoldCaptured',
        'HoldReleased',
        'HoldExpired',
        'PeriodClosed',
        'TransferRejected',
      ]),
    );
  });

  it('come back as they were', () => {
    for (const event of history()) {
      const { text, kept } = encode(event);
      expect(decodeEvent(text, kept?.texts)).toEqual(event);
    }
  });

  it('hold a commitment in place of words, which opens with the salt alone', () => {
    const [, , , entry] = history();
    const { text, kept } = encode(entry!);
    expect(text).not.toContain('دفعة');
    expect(kept!.texts.salt).toBe(SALT);
    expect(seamsOf(text)).toEqual({ group: null, texts: kept!.commitment });
    expect(commitment(kept!.texts)).toBe(kept!.commitment);
    expect(commitment({ ...kept!.texts, reference: 'other' })).not.toBe(kept!.commitment);
    expect(commitment({ ...kept!.texts, salt: SALT.replace('0', '1') })).not.toBe(kept!.commitment);
  });

  it('are canonical JSON: sorting their keys changes nothing', () => {
    for (const event of history()) {
      const { text } = encode(event);
      expect(canonicalJson(JSON.parse(text) as object)).toBe(text);
    }
  });

  it('show their seams without being parsed, and are not fooled by what stands in strings', () => {
    for (const event of history()) {
      const { text, kept } = encode(event);
      expect(seamsOf(text)).toEqual({ group: event.group, texts: kept?.commitment ?? null });
    }
    const [, account] = history();
    const forged = encodeEvent(account!, {
      ...provenance(account!),
      actor: '"texts":"' + 'a'.repeat(64) + '","group":{"first":1,"last":2}',
    });
    expect(seamsOf(forged.text)).toEqual({ group: null, texts: forged.kept!.commitment });
  });

  it('say that their texts are gone once they are erased', () => {
    const [, , , entry] = history();
    expect(decodeEvent(encode(entry!).text, null)).toMatchObject({ texts: null });
  });

  it('refuse a schema version and a type that this program does not know', () => {
    const { text } = encode(history()[0]!);
    expect(() => decodeEvent(text.replace('"schemaVersion":1', '"schemaVersion":2'))).toThrow(/schema version 2/);
    expect(() => decodeEvent(text.replace('LedgerOpened', 'LedgerBurned'))).toThrow(/LedgerBurned/);
  });
});
