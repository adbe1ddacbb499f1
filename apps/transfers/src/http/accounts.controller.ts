import { Controller, HttpStatus, Param, Patch, Post, UseFilters } from '@nestjs/common';
import { type AccountBody, accountBody, scopes } from '@mizan/contracts';
import type { CommandEvent } from '@mizan/ledger';
import { Describe, RequireScope } from '@mizan/platform';
import { type Handed, HandedIn } from './asking.js';
import { CommandDesk, unexpected } from './command-desk.js';
import { ForwardingFilter } from './forwarding.filter.js';

@RequireScope(scopes.ledger)
@UseFilters(ForwardingFilter)
@Controller('v1/ledgers/:ledger')
export class AccountsController {
  constructor(private readonly desk: CommandDesk) {}

  @Post('accounts')
  @Describe({
    id: 'openAccount',
    summary: 'Open an account',
    body: 'AccountRequest',
    answers: { 201: 'Account', 200: 'Account' },
    idempotent: true,
  })
  async open(@Param('ledger') ledger: string, @HandedIn() handed: Handed): Promise<AccountBody> {
    return accountOf(await this.desk.carryOut(ledger, 'open', {}, handed, HttpStatus.CREATED));
  }

  @Patch('accounts/:account')
  @Describe({
    id: 'updateAccount',
    summary: 'Change limits, frozen or metadata of an account',
    body: 'AccountChange',
    answers: { 200: 'Account' },
    idempotent: true,
  })
  async update(@Param('ledger') ledger: string, @Param('account') account: string, @HandedIn() handed: Handed): Promise<AccountBody> {
    return accountOf(await this.desk.carryOut(ledger, 'update', { account }, handed, HttpStatus.OK));
  }

  @Post('accounts/:account/close')
  @Describe({ id: 'closeAccount', summary: 'Close an account', body: 'CommandIdRequest', answers: { 200: 'Account' }, idempotent: true })
  async close(@Param('ledger') ledger: string, @Param('account') account: string, @HandedIn() handed: Handed): Promise<AccountBody> {
    return accountOf(await this.desk.carryOut(ledger, 'close', { account }, handed, HttpStatus.OK));
  }

  @Post('accounts/:account/reopen')
  @Describe({
    id: 'reopenAccount',
    summary: 'Reopen a closed account',
    body: 'CommandIdRequest',
    answers: { 200: 'Account' },
    idempotent: true,
  })
  async reopen(@Param('ledger') ledger: string, @Param('account') account: string, @HandedIn() handed: Handed): Promise<AccountBody> {
    return accountOf(await this.desk.carryOut(ledger, 'reopen', { account }, handed, HttpStatus.OK));
  }
}

function accountOf(event: CommandEvent): AccountBody {
  if (!('account' in event)) throw unexpected(event);
  return accountBody(event.account, event.position);
}
