import { Controller, Get, Param, Query } from '@nestjs/common';
import { type HoldBody, type ListBody, scopes } from '@mizan/contracts';
import { holdStatuses } from '@mizan/ledger';
import {
  Caller,
  Cursors,
  Describe,
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

const optionalStatus = optionalOneOf(holdStatuses);

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
    query: {
      account: [optionalText, 'Holds that debit or credit this account.'],
      status: [optionalStatus, 'As it stands now.'],
      reference: [optionalReference, 'Exactly this reference.'],
      from: [optionalMoment, 'Placed at this moment or later.'],
      to: [optionalMoment, 'Placed before this moment.'],
      order: [optionalOrder, 'By the position of their placing: the newest or the oldest first.'],
      ...paging,
      minPosition,
    },
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<HoldBody>> {
    const { metadata, rest } = metadataAsked(query);
    const asked = readQuery(rest, {
      account: optionalText,
      status: optionalStatus,
      reference: optionalReference,
      from: optionalMoment,
      to: optionalMoment,
      order: optionalOrder,
      limit: pageLimit,
      cursor: optionalText,
      minPosition: optionalPosition,
    });
    const { account, status, reference, from, to, order, limit } = asked;
    checkRange(asked);
    const name = ledgerNamed(tenant, ledger);
    const list = [tenant, 'holds', ledger, JSON.stringify([account, status, reference, from, to, order]), metadataText(metadata)];
    const after = asked.cursor === null ? null : this.cursors.decode<{ after: number }>(list, asked.cursor).after;
    return this.books.read(name, asked.minPosition, async (book) => {
      if (account !== null) await accountNamed(book, account);
      const { items, next } = await book.holds({ account, status, reference, metadata, from, to }, { order, after, limit });
      return { items, next: next === null ? null : this.cursors.encode(list, { after: next }) };
    });
  }
}
