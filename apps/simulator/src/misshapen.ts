import type { Dice } from './dice.js';
import type { Operation } from './operation.js';
import type { Refusal } from './refusal.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An operation that is refused for its shape. @param now ms since the epoch. */
export function misshapen(dice: Dice, id: string, now: number): Operation {
  const transfer = { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:1', amount: '7' };
  return dice.pick<Operation>([
    { ...transfer, amount: '0' },
    { ...transfer, amount: 7 },
    { ...transfer, credit: 'bank:cash' },
    { ...transfer, effectiveAt: new Date(now + DAY_MS).toISOString() },
    { ...transfer, cap: 'neither' },
    { ...transfer, op: 'hold', debit: 'bank cash' },
    { op: 'teleport', id },
  ]);
}

/** What a badly shaped operation must be refused as; null for a good one. @param now about when it was read, ms since the epoch. */
export function shapeFault({ op, debit, credit, amount, cap, effectiveAt }: Operation, now: number): Refusal | null {
  if (debit === 'bank cash') return { code: 'invalid_account', field: 'debit' };
  if (amount === '0' || typeof amount === 'number') return { code: 'invalid_amount', field: 'amount' };
  if (debit !== undefined && debit === credit) return { code: 'same_account', field: 'credit' };
  const farAhead = effectiveAt !== undefined && Date.parse(effectiveAt as string) > now + DAY_MS / 2;
  if (farAhead) return { code: 'invalid_date', field: 'effectiveAt' };
  if (op === 'teleport') return { code: 'invalid_operation', field: 'op' };
  return cap === 'neither' ? { code: 'invalid_operation', field: 'cap' } : null;
}
