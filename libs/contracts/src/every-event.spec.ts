import { type LedgerEvent, noTexts } from '@mizan/ledger';
import * as fc from 'fast-check';
import { canonicalJson } from './envelope.js';
import { anyEvent, encodeAny } from './every-event.fixture.js';
import { decodeEvent } from './journal-events.js';
import { seamsOf } from './seams.js';

const runs = { numRuns: 3_000 };

it('any event comes back as it was, in canonical JSON, and shows its seams', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anyEvent, (given) => {
      seen.add(given.type);
      const { text, kept } = encodeAny(given);
      expect(canonicalJson(JSON.parse(text) as object)).toBe(text);
      expect(seamsOf(text)).toEqual({ group: given.group, texts: kept?.commitment ?? null });
      expect(decodeEvent(text, kept?.texts)).toEqual(given);
    }),
    runs,
  );
  expect(seen.size).toBe(12);
});

it('any event whose texts were erased comes back without them, and with all else', () => {
  fc.assert(
    fc.property(anyEvent, (given) => {
      const { text, kept } = encodeAny(given);
      if (!('texts' in given) || kept === null) return;
      const wordless = 'texts' in given.command ? { ...given.command, texts: noTexts } : given.command;
      const command = 'metadata' in wordless ? { ...wordless, metadata: {} } : wordless;
      const erased = { ...given, texts: null, command } as LedgerEvent;
      expect(decodeEvent(text, null)).toEqual('account' in erased ? { ...erased, account: { ...erased.account, metadata: {} } } : erased);
    }),
    runs,
  );
});
