import type { Ask } from '@mizan/writer/ledger';
import type { Planted, Rules, WriterParts } from './planted/planted.js';

/** The types of jest do not know how a module is mocked among ES modules. */
interface Mocking {
  unstable_mockModule(path: string, make: () => object): void;
}
const jest: unknown = import.meta.jest;
const { unstable_mockModule: mockModule } = jest as Mocking;
import.meta.jest.setTimeout(600_000);

/** Schedules in which a planted bug must be found. */
const ENOUGH = 1_500;

// The timers come first: what is loaded before them would be bound to the real ones.
await import('./virtual-time.js');
const ledger = await import('@mizan/ledger');
const appending = await import('@mizan/writer/append-durably');
const remembering = await import('@mizan/writer/remembered');

let rules: Rules = ledger;
const soundWriter: WriterParts = { appendDurably: appending.appendDurably, recalls: true };
let writer = soundWriter;

mockModule('@mizan/ledger', () => ({
  ...ledger,
  Book: new Proxy(ledger.Book, { construct: (_, asked: ConstructorParameters<Rules['Book']>) => new rules.Book(...asked) }),
  decide: (...asked: Parameters<Rules['decide']>) => rules.decide(...asked),
  decideGroup: (...asked: Parameters<Rules['decideGroup']>) => rules.decideGroup(...asked),
  expireHold: (...asked: Parameters<Rules['expireHold']>) => rules.expireHold(...asked),
  accountsTouched: (...asked: Parameters<Rules['accountsTouched']>) => rules.accountsTouched(...asked),
}));
mockModule('@mizan/writer/append-durably', () => ({
  ...appending,
  appendDurably: (...asked: Parameters<WriterParts['appendDurably']>) => writer.appendDurably(...asked),
}));
mockModule('@mizan/writer/remembered', () => ({
  Remembered: class extends remembering.Remembered {
    override recall(asks: readonly Ask[]): Promise<void> {
      return super.recall(writer.recalls ? asks : asks.filter((ask) => ask.kind === 'command' && ask.command.op === 'open'));
    }
  },
}));

const { simulate } = await import('./simulate.js');
const { realParts } = await import('./schedule.js');
const { inTheRules } = await import('./planted/in-the-rules.js');
const { inTheWords } = await import('./planted/in-the-words.js');
const { inExpiries } = await import('./planted/in-expiries.js');
const { inTheStore } = await import('./planted/in-the-store.js');
const { inTheWriter } = await import('./planted/in-the-writer.js');
const { inTheReaders } = await import('./planted/in-the-readers.js');
const planted: readonly Planted[] = [...inTheRules, ...inTheWords, ...inExpiries, ...inTheStore, ...inTheWriter, ...inTheReaders];

let caught = 0;
afterEach(() => {
  rules = ledger;
  writer = soundWriter;
});
afterAll(() => process.stdout.write(`planted ${planted.length}, caught ${caught}\n`));

it('finds nothing where nothing is planted', async () => {
  const { failed } = await simulate({ firstSeed: 1, goesOn: (run) => run < 50 });
  expect(failed?.found ?? []).toEqual([]);
});

it.each(planted.map((bug) => [bug.name, bug] as const))('finds: %s', async (_, bug) => {
  rules = { ...ledger, ...bug.rules?.(ledger) };
  writer = { ...soundWriter, ...bug.writer?.(soundWriter) };
  const parts = () => ({ ...realParts(), ...bug.parts?.(realParts()) });
  const { failed, sum } = await simulate({ firstSeed: 1, goesOn: (run) => run < ENOUGH, parts });
  if (failed) process.stdout.write(`after ${sum.of('schedules', 'run')} schedules: ${bug.name}: ${failed.found[0]!.slice(0, 140)}\n`);
  expect(failed?.found.join('\n')).toMatch(bug.foundAs);
  caught += 1;
});
