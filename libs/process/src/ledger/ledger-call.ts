import type { SingleOperation } from '@mizan/client';
import type { Json } from '../definition.js';

/** What a process may have done in a ledger under an id of its own. An account's opening has the account's id. */
type Named = Exclude<SingleOperation, { readonly op: 'open' | 'cancel' }>;
type WithoutId<O> = O extends unknown ? Omit<O, 'id'> : never;
/** A process records what it calls for: amounts are strings of minor units. */
type Recordable<T> = T extends bigint ? never : T extends object ? { readonly [K in keyof T]: Recordable<T[K]> } : T;

/** One operation of the API's batch, without its id, which is that of the step and the attempt. */
export type LedgerOperation = Recordable<WithoutId<Named>>;

/** The content of a call to a ledger: one operation, or a group of which all is done or nothing. */
export type LedgerCall = {
  readonly tenant: string;
  readonly ledger: string;
  readonly operation: LedgerOperation | { readonly op: 'group'; readonly operations: readonly LedgerOperation[] };
};

/** What was done: where it stands in the journal, and what moved where the ledger decided how much. */
export type LedgerAnswer = { readonly position: number; readonly amount?: string };
/** Of a group: one for each of its operations, in order. */
export type GroupAnswer = { readonly results: readonly LedgerAnswer[] };

/** @throws where a process calls for something else: its bug. */
export function ledgerCall(id: string, content: Json): LedgerCall {
  const { tenant, ledger, operation } = (content ?? {}) as Partial<LedgerCall>;
  if (typeof tenant !== 'string' || typeof ledger !== 'string' || typeof operation?.op !== 'string')
    throw new Error(`What ${id} calls for is not { tenant, ledger, operation }.`);
  return { tenant, ledger, operation };
}
