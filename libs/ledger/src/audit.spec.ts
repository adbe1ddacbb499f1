import { bookDifference, checkJournal } from './audit.js';
import type { AccountOpened, EntryPosted, LedgerEvent, TransferRejected } from './events.js';
import { play } from './play.js';

/** Positions: 1 ledger, 2-4 accounts, 5 in, 6 refused, 7 out, 8-9 a group, 10 terms, 11 another account, 12 closed. */
const sound = play(`
  open a asset     JPY
  open b liability JPY  min 0  max 1000
  open c liability USD
  transfer in-1  debit a credit b 500 JPY
  transfer out-1 debit b credit a 501 JPY  => insufficient_funds
  transfer out-2 debit b credit a 100 JPY
  group
    transfer g-1 debit a credit b 1 JPY
    transfer g-2 debit b credit a 1 JPY
  update terms-1 b frozen credits
  open d income JPY
  close end-1 d`).journal;

/** The journal with the event at a position made over. */
function tampered<E extends LedgerEvent>(position: number, change: (event: E) => object): LedgerEvent[] {
  return sound.map((event) => (event.position === position ? ({ ...event, ...change(event as E) } as LedgerEvent) : event));
}

const broken = (journal: Iterable<LedgerEvent>): string[] => [...new Set(checkJournal(journal).map(({ invariant }) => invariant))];

const AGAIN = 'history decides itself again';

/** Changes one balance of one posting. */
const misrecorded = (place: number, balances: object) => (event: EntryPosted) => ({
  postings: event.postings.map((posting, at) => (at === place ? { ...posting, balances: { ...posting.balances, ...balances } } : posting)),
});
const amounts =
  (...amounts: bigint[]) =>
  (event: EntryPosted) => ({ postings: event.postings.map((posting, at) => ({ ...posting, amount: amounts[at]! })) });

describe('a journal that was tampered with', () => {
  it('is told from a sound one', () => expect(checkJournal(sound)).toEqual([]));

  it.each<[string, LedgerEvent[], string[]]>([
    ['an event taken out', sound.filter(({ position }) => position !== 6), [AGAIN, 'positions have no gaps']],
    ['the first event taken out', sound.slice(1), [AGAIN, 'positions have no gaps', 'a ledger is opened once, and first']],
    [
      'an event twice',
      sound.flatMap((event) => (event.position === 7 ? [event, event] : [event])),
      [AGAIN, 'positions have no gaps', 'one id, one effect'],
    ],
    ['time turned back', tampered(7, ({ recordedAt }) => ({ recordedAt: recordedAt - 1 })), [AGAIN, 'time never goes back']],
    ['a ledger opened again', tampered(7, () => ({ ...sound[0], position: 7 })), [AGAIN, 'a ledger is opened once, and first']],
    [
      'an id used again',
      tampered<EntryPosted>(7, ({ command }) => ({ command: { ...command, id: 'in-1' } })),
      [AGAIN, 'one id, one effect'],
    ],
    [
      'an account opened again',
      tampered(11, () => ({ ...sound[1], position: 11 })),
      [AGAIN, 'one id, one effect', 'balances follow from postings and holds', 'the book is zero per asset'],
    ],
    [
      'another exponent',
      tampered<AccountOpened>(11, ({ account }) => ({ account: { ...account, exponent: 2 } })),
      ['an asset has one exponent'],
    ],
    ['an amount of the command', tampered<EntryPosted>(7, ({ command }) => ({ command: { ...command, amount: 99n } })), [AGAIN]],
    ['another account than was asked', tampered<EntryPosted>(7, ({ command }) => ({ command: { ...command, credit: 'c' } })), [AGAIN]],
    ['another day', tampered<EntryPosted>(7, ({ effectiveAt }) => ({ effectiveAt: effectiveAt - 1 })), [AGAIN]],
    [
      'a stranger in an entry',
      tampered<EntryPosted>(7, ({ postings }) => ({ postings: postings.map((one) => ({ ...one, account: 'x' })) })),
      [AGAIN, 'only accounts of this ledger are moved'],
    ],
    [
      'one leg made larger',
      tampered(7, amounts(101n, 100n)),
      [AGAIN, 'every entry is zero per asset', 'balances follow from postings and holds'],
    ],
    ['both legs made larger', tampered(7, amounts(101n, 101n)), [AGAIN, 'balances follow from postings and holds']],
    [
      'one balance',
      tampered(7, misrecorded(0, { debitsPosted: 101n })),
      [AGAIN, 'balances follow from postings and holds', 'the book is zero per asset'],
    ],
    [
      'something held',
      tampered(7, misrecorded(0, { debitsHeld: 1n })),
      [AGAIN, 'balances follow from postings and holds', 'the book is zero per asset'],
    ],
    [
      'balances past the floor',
      tampered(7, misrecorded(0, { debitsPosted: 501n })),
      [
        AGAIN,
        'balances follow from postings and holds',
        'the book is zero per asset',
        'available never falls below minBalance through a movement',
      ],
    ],
    [
      'balances past the ceiling',
      tampered(5, misrecorded(1, { creditsPosted: 1001n })),
      [AGAIN, 'balances follow from postings and holds', 'the book is zero per asset', 'no movement passes maxBalance'],
    ],
    [
      'a balance changed by an update',
      tampered<AccountOpened>(10, ({ account }) => ({ account: { ...account, creditsPosted: 9_999n } })),
      [AGAIN, 'balances follow from postings and holds', 'the book is zero per asset'],
    ],
    ['other terms than were asked', tampered<AccountOpened>(10, ({ account }) => ({ account: { ...account, minBalance: null } })), [AGAIN]],
    [
      'a refusal for another reason',
      tampered<TransferRejected>(6, ({ rejection }) => ({ rejection: { ...rejection, code: 'account_frozen' } })),
      [AGAIN],
    ],
    ['a refusal of what was possible', tampered<TransferRejected>(6, ({ command }) => ({ command: { ...command, amount: 1n } })), [AGAIN]],
    ['a group torn off', sound.slice(0, 8), ['a group is whole']],
    ['a member let go', tampered(9, () => ({ group: null })), ['a group is whole']],
    ['a group without end', tampered(8, () => ({ group: { first: 8, last: 1_000_000 } })), ['a group is whole']],
    ['a group that began earlier', tampered(7, () => ({ group: { first: 6, last: 7 } })), ['a group is whole']],
  ])('%s', (_, journal, expected) => expect(broken(journal).slice(0, expected.length)).toEqual(expected));

  it('where a movement was made on a closed account', () => {
    const { journal } = play('open a asset JPY\nopen b liability JPY\nclose c1 a\ntransfer t1 debit a credit b 1 JPY => account_closed a');
    const [entry] = play('open a asset JPY\nopen b liability JPY\ntransfer t1 debit a credit b 1 JPY').journal.slice(-1);
    expect(broken(journal.map((event) => (event.position === 5 ? { ...entry!, position: 5 } : event)))).toEqual([
      AGAIN,
      'no closed account is moved',
    ]);
  });

  it('says no more than is of use', () => {
    const many = [...sound, ...Array.from({ length: 500 }, (_, n) => ({ ...sound[5]!, position: 13 + n }))];
    expect(checkJournal(many)).toHaveLength(100);
  });
});

it('the wording of a refusal may change, and texts may be erased', () => {
  const { journal } = play(
    'open a asset JPY metadata.k v\nopen b asset JPY\nupdate u1 a metadata.k w\nclose c1 a\ntransfer t1 debit a credit b 1 JPY reference r => account_closed',
  );
  const erased = journal.map((event) => {
    if (event.type === 'LedgerOpened') return event;
    const account = 'account' in event ? { account: { ...event.account, metadata: {} } } : {};
    const rejection = event.type === 'TransferRejected' ? { rejection: { ...event.rejection, detail: 'No.' } } : {};
    return { ...event, ...account, ...rejection, texts: null } as LedgerEvent;
  });
  expect(checkJournal(erased)).toEqual([]);
});

describe('two books', () => {
  const text = 'open a asset JPY\nopen b liability JPY\ntransfer t1 debit a credit b 1 JPY';
  it('are the same after the same history', () => expect(bookDifference(play(text).book, play(text).book)).toBeNull());

  it.each([
    [`${text}\nopen c asset JPY`, 'position should be 4 and is 5'],
    [text.replace('1 JPY', '2 JPY'), 'a: debitsPosted should be 1 and is 2'],
    [text.replace('asset JPY', 'asset JPY metadata.k v'), 'a: metadata/k should be undefined and is v'],
    [text.replaceAll('b', 'c').replace('dectt', 'debit').replace('liacility', 'liability').replace('decit', 'debit'), 'b:  should be'],
  ])('differ by what differs first: %#', (other, difference) =>
    expect(bookDifference(play(text).book, play(other).book)).toContain(difference),
  );
});
