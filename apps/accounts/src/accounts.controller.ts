import { Controller, Get, Param, Query } from '@nestjs/common';
import { type AccountBody, type BalanceBody, type ListBody, accountBody, balancesBody, instantText, scopes } from '@mizan/contracts';
import { accountTypes } from '@mizan/ledger';
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
import { accountNamed, ledgerNamed, minPosition, optionalAsset, optionalPrefix, paging } from './reading.js';

const optionalType = optionalOneOf(accountTypes);

@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger')
export class AccountsController {
  constructor(
    private readonly books: Books,
    private readonly cursors: Cursors,
  ) {}

  @Get('accounts')
  @Describe({
    id: 'listAccounts',
    summary: 'List accounts with their balances',
    answers: { 200: 'AccountList' },
    query: {
      prefix: [optionalPrefix, 'The beginning of the ids.'],
      type: [optionalType, 'One account type.'],
      asset: [optionalAsset, 'One asset.'],
      ...paging,
      minPosition,
    },
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<AccountBody>> {
    const asked = readQuery(query, {
      prefix: optionalPrefix,
      type: optionalType,
      asset: optionalAsset,
      limit: pageLimit,
      cursor: optionalText,
      minPosition: optionalPosition,
    });
    const name = ledgerNamed(tenant, ledger);
    const { prefix, type, asset, limit } = asked;
    const of = [tenant, 'accounts', ledger, ...[prefix, type, asset].map((filter) => filter ?? '')];
    const after = asked.cursor === null ? '' : this.cursors.decode<{ after: string }>(of, asked.cursor).after;
    return this.books.read(name, asked.minPosition, async (book) => {
      const found = await book.accounts({ prefix, type, asset }, after, limit + 1);
      const page = found.slice(0, limit);
      const next = found.length > limit ? this.cursors.encode(of, { after: page.at(-1)!.id }) : null;
      return { items: page.map((account) => accountBody(account, book.position)), next };
    });
  }

  @Get('accounts/:account')
  @Describe({ id: 'getAccount', summary: 'Show an account with its balances', answers: { 200: 'Account' }, query: { minPosition } })
  account(
    @Param('ledger') ledger: string,
    @Param('account') id: string,
    @Query() query: unknown,
    @Caller() { tenant }: Caller,
  ): Promise<AccountBody> {
    const asked = readQuery(query, { minPosition: optionalPosition });
    return this.books.read(ledgerNamed(tenant, ledger), asked.minPosition, async (book) =>
      accountBody(await accountNamed(book, id), book.position),
    );
  }

  @Get('accounts/:account/balance')
  @Describe({ id: 'getBalance', summary: 'The balances of an account', answers: { 200: 'Balance' }, query: { minPosition } })
  balance(
    @Param('ledger') ledger: string,
    @Param('account') id: string,
    @Query() query: unknown,
    @Caller() { tenant }: Caller,
  ): Promise<BalanceBody> {
    const asked = readQuery(query, { minPosition: optionalPosition });
    return this.books.read(ledgerNamed(tenant, ledger), asked.minPosition, async (book) => {
      const account = await accountNamed(book, id);
      const { position } = book;
      const balances = balancesBody(account, position);
      return { account: id, asset: account.asset, exponent: account.exponent, balances, position, asOf: instantText(book.recordedAt) };
    });
  }
}
