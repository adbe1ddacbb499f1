import { Controller, Get, Param, Query } from '@nestjs/common';
import { type HoldBody, type ListBody, scopes } from '@mizan/contracts';
import { holdStatuses } from '@mizan/ledger';
import { Caller, Cursors, Describe, RequireScope, optionalOneOf, optionalText } from '@mizan/platform';
import { Books } from '../tables/books.js';
import { accountNamed, checkRange, ledgerNamed, metadataAsked, metadataText, pageOf, readDescribed, searchedBy } from './reading.js';

const asking = {
  account: [optionalText, 'Holds that debit or credit this account.'],
  status: [optionalOneOf(holdStatuses), 'As it stands now.'],
  ...searchedBy('Placed', 'the position of their placing'),
} as const;

@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger/holds')
export class HoldsController {
  constructor(
    private readonly books: Books,
    private readonly cursors: Cursors,
  ) {}

  @Get()
  @Describe({
    id: 'listHolds',
    summary: 'List holds, open and ended',
    description:
      'In the order of their placing. metadata.<key>=<value>, once or for several keys, leaves the holds that have exactly these words. ' +
      'A page may be short, even empty, while next leads on: a page looks at 10,000 holds at most.',
    answers: { 200: 'HoldList' },
    query: asking,
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<HoldBody>> {
    const { metadata, rest } = metadataAsked(query);
    const asked = readDescribed(rest, asking);
    const { account, status, reference, from, to, order, limit } = asked;
    checkRange(asked);
    const name = ledgerNamed(tenant, ledger);
    const list = [tenant, 'holds', ledger, JSON.stringify([account, status, reference, from, to, order]), metadataText(metadata)];
    return pageOf<HoldBody, number>(this.cursors, list, asked.cursor, (after) =>
      this.books.read(name, asked.minPosition, async (book) => {
        if (account !== null) await accountNamed(book, account);
        return book.holds({ account, status, reference, metadata, from, to }, { order, after, limit });
      }),
    );
  }
}
