import { Controller, Get, Param, Query } from '@nestjs/common';
import { type EntryBody, type ListBody, scopes } from '@mizan/contracts';
import { Caller, Cursors, Describe, Problem, RequireScope, optionalOneOf, optionalText } from '@mizan/platform';
import { Books } from '../tables/books.js';
import { accountNamed, checkRange, ledgerNamed, metadataAsked, metadataText, pageOf, readDescribed, searchedBy } from './reading.js';

const asking = {
  account: [optionalText, 'Entries that move this account.'],
  side: [optionalOneOf(['debit', 'credit']), 'On this side; only with account.'],
  ...searchedBy('Effective', 'position in the journal'),
} as const;

@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger/transfers')
export class EntriesController {
  constructor(
    private readonly books: Books,
    private readonly cursors: Cursors,
  ) {}

  @Get()
  @Describe({
    id: 'listEntries',
    summary: 'List entries: transfers, captures and reversals',
    description:
      'In the order of the journal. metadata.<key>=<value>, once or for several keys, leaves the entries that have exactly these words. ' +
      'A page may be short, even empty, while next leads on: a page looks at 10,000 entries at most.',
    answers: { 200: 'EntryList' },
    query: asking,
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<EntryBody>> {
    const { metadata, rest } = metadataAsked(query);
    const asked = readDescribed(rest, asking);
    const { account, side, reference, from, to, order, limit } = asked;
    checkRange(asked);
    if (side !== null && account === null)
      throw new Problem('invalid_query', 'side is that of an account: name the account, too.', { field: 'side' });
    const name = ledgerNamed(tenant, ledger);
    const list = [tenant, 'transfers', ledger, JSON.stringify([account, side, reference, from, to, order]), metadataText(metadata)];
    return pageOf<EntryBody, number>(this.cursors, list, asked.cursor, (after) =>
      this.books.read(name, asked.minPosition, async (book) => {
        const number = account === null ? null : (await accountNamed(book, account)).openedPosition;
        return book.entries({ account: number, side, reference, metadata, from, to }, { order, after, limit });
      }),
    );
  }
}
