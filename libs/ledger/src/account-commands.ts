import { type Account, money } from './account.js';
import { noBalances, posted } from './balance.js';
import type { Close, Open, Reopen, Update } from './command.js';
import type { AccountClosed, AccountOpened, AccountReopened, AccountUpdated, Recorded } from './events.js';
import type { Facts } from './facts.js';
import type { Rejection } from './rejection.js';
import type { Texts } from './texts.js';
import { accountClosed, accountNotFound } from './movement.js';

/** An asset nobody defined. Codes are only ever added, so this is looked at before anything else. */
export function assetUnknown(facts: Facts, { asset }: Open): Rejection | null {
  if (facts.exponent(asset) !== undefined) return null;
  const detail = `No asset ${asset} is defined. ISO 4217 currencies are; define one of your own first.`;
  return { code: 'invalid_asset', detail, field: 'asset' };
}

export function openAccount(facts: Facts, command: Open, recorded: Recorded): AccountOpened {
  const { id, type, asset, minBalance, maxBalance, texts } = command;
  const account: Account = {
    id,
    type,
    asset,
    exponent: facts.exponent(asset)!,
    minBalance,
    maxBalance,
    frozen: 'none',
    closed: false,
    metadata: texts.metadata,
    openedPosition: recorded.position,
    openedAt: recorded.recordedAt,
    ...noBalances,
  };
  return { ...recorded, type: 'AccountOpened', command, texts, account };
}

/** Limits may be set past the present balance, and a closed or frozen account may be changed too. */
export function updateAccount(facts: Facts, command: Update, recorded: Recorded): AccountUpdated | Rejection {
  const before = facts.account(command.account);
  if (!before) return accountNotFound(command.account);
  const { minBalance = before.minBalance, maxBalance = before.maxBalance, frozen = before.frozen, metadata = before.metadata } = command;
  if (minBalance !== null && maxBalance !== null && minBalance > maxBalance)
    return limitsCrossed(before.id, command.minBalance === undefined ? 'maxBalance' : 'minBalance');
  const account: Account = { ...before, minBalance, maxBalance, frozen, metadata };
  return { ...recorded, type: 'AccountUpdated', command, texts: textsOf(account), account };
}

export function closeAccount(facts: Facts, command: Close, recorded: Recorded): AccountClosed | Rejection {
  const before = facts.account(command.account);
  if (!before) return accountNotFound(command.account);
  if (before.closed) return accountClosed(before.id);
  if (posted(before) !== 0n || before.debitsHeld !== 0n || before.creditsHeld !== 0n) return accountNotEmpty(before);
  const account: Account = { ...before, closed: true };
  return { ...recorded, type: 'AccountClosed', command, texts: textsOf(account), account };
}

/** An open account may be reopened: it is then as it was. */
export function reopenAccount(facts: Facts, command: Reopen, recorded: Recorded): AccountReopened | Rejection {
  const before = facts.account(command.account);
  if (!before) return accountNotFound(command.account);
  const account: Account = { ...before, closed: false };
  return { ...recorded, type: 'AccountReopened', command, texts: textsOf(account), account };
}

/** The words of an account event are the account's metadata as they are afterwards. */
const textsOf = ({ metadata }: Account): Texts => ({ reference: null, metadata });

function limitsCrossed(account: string, field: string): Rejection {
  return { code: 'invalid_amount', detail: `The minimum of ${account} would lie above its maximum. Change both together.`, account, field };
}

function accountNotEmpty(account: Account): Rejection {
  const { id, debitsHeld, creditsHeld } = account;
  const detail = `${id} is not empty: ${money(posted(account), account)} posted, ${money(debitsHeld + creditsHeld, account)} held. Move it first.`;
  return { code: 'account_not_empty', detail, account: id };
}
