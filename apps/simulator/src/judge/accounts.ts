import type { Operation } from '../operation.js';
import type { Refusal } from '../refusal.js';
import { metadataText } from './content.js';

export interface PlainAccount {
  id: string;
  type: string;
  asset: string;
  min: bigint | null;
  max: bigint | null;
  frozen: string;
  closed: boolean;
  metadata: string;
  debitsPosted: bigint;
  debitsHeld: bigint;
  creditsPosted: bigint;
  creditsHeld: bigint;
}

export const limitOf = (value: unknown): bigint | null => (value === undefined || value === null ? null : BigInt(value as string));
export const growsByDebits = (account: PlainAccount): boolean => account.type === 'asset' || account.type === 'expense';

/** What is posted on its normal side, less the other. */
export function normalBalance(account: PlainAccount): bigint {
  const net = account.debitsPosted - account.creditsPosted;
  return growsByDebits(account) ? net : -net;
}

/** What its floor is compared with, and what its ceiling is: held money counts against it on either side. */
export function room(account: PlainAccount): { available: bigint; reach: bigint } {
  const [lowering, raising] = growsByDebits(account)
    ? [account.creditsHeld, account.debitsHeld]
    : [account.debitsHeld, account.creditsHeld];
  return { available: normalBalance(account) - lowering, reach: normalBalance(account) + raising };
}

export const opened = (operation: Operation): PlainAccount => ({
  id: operation.id!,
  type: operation.type as string,
  asset: operation.asset as string,
  min: limitOf(operation.minBalance),
  max: limitOf(operation.maxBalance),
  frozen: 'none',
  closed: false,
  metadata: metadataText(operation.metadata),
  debitsPosted: 0n,
  debitsHeld: 0n,
  creditsPosted: 0n,
  creditsHeld: 0n,
});

/** The account after an `update`, `close` or `reopen`. */
export function altered(account: PlainAccount, operation: Operation): PlainAccount | Refusal {
  switch (operation.op) {
    case 'update':
      return updated(account, operation);
    case 'close': {
      const { id, closed, debitsHeld, creditsHeld } = account;
      if (closed) return { code: 'account_closed', account: id };
      const empty = normalBalance(account) === 0n && debitsHeld === 0n && creditsHeld === 0n;
      return empty ? { ...account, closed: true } : { code: 'account_not_empty', account: id };
    }
    default:
      return { ...account, closed: false };
  }
}

function updated(account: PlainAccount, operation: Operation): PlainAccount | Refusal {
  const after = { ...account };
  if (operation.minBalance !== undefined) after.min = limitOf(operation.minBalance);
  if (operation.maxBalance !== undefined) after.max = limitOf(operation.maxBalance);
  if (after.min !== null && after.max !== null && after.min > after.max) {
    const field = operation.minBalance === undefined ? 'maxBalance' : 'minBalance';
    return { code: 'invalid_amount', account: account.id, field };
  }
  if (operation.frozen !== undefined) after.frozen = operation.frozen as string;
  if (operation.metadata !== undefined) after.metadata = metadataText(operation.metadata);
  return after;
}
