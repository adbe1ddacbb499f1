import { Book } from './book.js';
import type { EntryPosted, LedgerEvent } from './events.js';
import { play } from './play.js';

const { journal } = play(`
  open a asset     JPY
  open b liability JPY
  transfer t1 debit a credit b 5 JPY
  transfer t2 debit a credit x 5 JPY => account_not_found`);

const bookOf = (events: readonly LedgerEvent[]): Book => {
  const book = new Book();
  for (const event of events) book.apply(event);
  return book;
};

it('a book keeps what the events of its journal say', () => {
  const book = bookOf(journal);
  expect(book.ledger).toEqual({ position: 5, recordedAt: journal.at(-1)!.recordedAt, closedThrough: null });
  expect(book.account('a')).toMatchObject({ debitsPosted: 5n, creditsPosted: 0n, openedPosition: 2 });
  expect(book.opening('b')).toBe(journal[2]);
  expect([...book.commands]).toEqual([
    ['t1', journal[3]],
    ['t2', journal[4]],
  ]);
});

it('history with a gap, twice, or of strangers is not taken into a book', () => {
  expect(() => bookOf(journal.slice(1))).toThrow('Event 2 cannot follow event 0');
  expect(() => bookOf([...journal, journal[4]!])).toThrow('Event 5 cannot follow event 5');
  const entry = journal[3] as EntryPosted;
  const strange = { ...entry, postings: entry.postings.map((posting) => ({ ...posting, account: 'x' })) };
  expect(() => bookOf([...journal.slice(0, 3), strange])).toThrow('Event 4 moves x, which was never opened');
});

it('a book knows the currencies of ISO 4217, or the assets it is told of', () => {
  const book = new Book();
  book.defineAsset('POINTS', 0);
  expect(['USD', 'KWD', 'POINTS', 'XAU'].map((asset) => book.exponent(asset))).toEqual([2, 3, 0, undefined]);
  const own = new Book((asset) => (asset === 'GOLD' ? 4 : undefined));
  expect(['GOLD', 'USD'].map((asset) => own.exponent(asset))).toEqual([4, undefined]);
});
