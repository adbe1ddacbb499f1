import { Controller, Get, Param, Query } from '@nestjs/common';
import { type AccountBody, type BalanceBody, type ListBody, accountBody, balancesBody, instantText, scopes } from '@mizan/contracts';
import { type Account, accountTypes } from '@mizan/ledger';
import { Caller, Cursors, Describe, RequireScope, optionalOneOf, optionalPosition, readQuery } from '@mizan/platform';
import { Books } from '../tables/books.js';
import type { LedgerSnapshot } from '../tables/ledger-snapshot.js';
import type { Axes } from '../tables/past.js';
import {
  accountNamed,
  at,
  knownAt,
  ledgerNamed,
  minPosition,
  optionalAsset,
  optionalMoment,
  optionalPrefix,
  pageOf,
  paging,
  readDescribed,
  recordedAt,
} from './reading.js';

const listing = {
  prefix: [optionalPrefix, 'The beginning of the ids.'],
  type: [optionalOneOf(accountTypes), 'One account type.'],
  asset: [optionalAsset, 'One asset.'],
  ...paging,
  minPosition,
} as const;

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
    query: listing,
  })
  list(@Param('ledger') ledger: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<AccountBody>> {
    const asked = readDescribed(query, listing);
    const name = ledgerNamed(tenant, ledger);
    const { prefix, type, asset, limit } = asked;
    const of = [tenant, 'accounts', ledger, ...[prefix, type, asset].map((filter) => filter ?? '')];
    return pageOf<AccountBody, string>(this.cursors, of, asked.cursor, (after) =>
      this.books.read(name, asked.minPosition, async (book) => {
        const found = await book.accounts({ prefix, type, asset }, after ?? '', limit + 1);
        const page = found.slice(0, limit);
        const next = found.length > limit ? page.at(-1)!.id : null;
        return { items: page.map((account) => accountBody(account, book.position)), next };
      }),
    );
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
  @Describe({
    id: 'getBalance',
    summary: 'The balances of an account, also of the past',
    description: 'Held money has no effective time: it follows recordedAt alone.',
    answers: { 200: 'Balance' },
    query: { at, recordedAt, minPosition },
  })
  balance(
    @Param('ledger') ledger: string,
    @Param('account') id: string,
    @Query() query: unknown,
    @Caller() { tenant }: Caller,
  ): Promise<BalanceBody> {
    const asked = readQuery(query, { at: optionalMoment, recordedAt: optionalMoment, minPosition: optionalPosition });
    return this.books.read(ledgerNamed(tenant, ledger), asked.minPosition, async (book) => {
      const known = await knownAt(book, asked.recordedAt);
      const account = await accountAt(book, await accountNamed(book, id, known), { at: asked.at, position: known.position });
      const { position } = known;
      const balances = balancesBody(account, position);
      return { account: id, asset: account.asset, exponent: account.exponent, balances, position, asOf: instantText(known.recordedAt) };
    });
  }
}

/** An account with its four totals as they are by these axes. */
async function accountAt(book: LedgerSnapshot, account: Account, axes: Axes): Promise<Account> {
  const present = axes.position === book.position;
  if (present && axes.at === null) return account;
  const { debits, credits } = present
    ? { debits: account.debitsHeld, credits: account.creditsHeld }
    : await book.heldAt(account, axes.position);
  const [posted] = await book.postedAt([account], axes);
  return { ...posted!, debitsHeld: debits, creditsHeld: credits };
}
