import { Controller, Get, Param, Query } from '@nestjs/common';
import { type EntryBody, type ListBody, scopes } from '@mizan/contracts';
import {
  Caller,
  Cursors,
  Describe,
  Problem,
  RequireScope,
  optionalOneOf,
  optionalPosition,
  optionalText,
  pageLimit,
  readQuery,
} from '@mizan/platform';
import { Books } from './books.js';
import {
  accountNamed,
  checkRange,
  ledgerNamed,
  metadataAsked,
  metadataText,
  minPosition,
  optionalMoment,
  optionalOrder,
  optionalReference,
  paging,
} from './reading.js';

const optionalSide = optionalOneOf(['debit', 'credit']);

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
    query: {
      account: [optionalText, 'Entries that move this account.'],
      side: [optionalSide, 'On this side; only with account.'],
      reference: [optionalReference, 'Exactly this reference.'],
      from: [optionalMoment, 'Effective at this moment or later.'],
      to: [optionalMoment, 'Effective before this moment.'],
      order: [optionalOrder, 'By position in the journal: the newest or the oldest first.'],
      ...paging,
      minPosition,
    },
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<EntryBody>> {
    const { metadata, rest } = metadataAsked(query);
    const asked = readQuery(rest, {
      account: optionalText,
      side: optionalSide,
      reference: optionalReference,
      from: optionalMoment,
      to: optionalMoment,
      order: optionalOrder,
      limit: pageLimit,
      cursor: optionalText,
      minPosition: optionalPosition,
    });
    const { account, side, reference, from, to, order, limit } = asked;
    checkRange(asked);
    if (side !== null && account === null)
      throw new Problem('invalid_query', 'side is that of an account: name the account, too.', { field: 'side' });
    const name = ledgerNamed(tenant, ledger);
    const list = [tenant, 'transfers', ledger, JSON.stringify([account, side, reference, from, to, order]), metadataText(metadata)];
    const after = asked.cursor === null ? null : this.cursors.decode<{ after: number }>(list, asked.cursor).after;
    return this.books.read(name, asked.minPosition, async (book) => {
      const number = account === null ? null : (await accountNamed(book, account)).openedPosition;
      const { items, next } = await book.entries({ account: number, side, reference, metadata, from, to }, { order, after, limit });
      return { items, next: next === null ? null : this.cursors.encode(list, { after: next }) };
    });
  }
}
