import type { LedgerEvent } from '@mizan/ledger';
import type { Definition, Json, Next, Rejection } from '@mizan/process';
import type { LedgerCall } from '@mizan/process/ledger';

// What is credited to the account `sweep:<account>` is moved on to <account>. Each amount that arrives is a process of its own.

const PREFIX = 'sweep:';
/** A sweep that the ledger refuses (a frozen account, a limit) is tried again after this long. */
const RETRY_AFTER_MS = 60_000;
const ATTEMPTS = 3;

/** An amount on its way: where it arrived, and where it goes. */
export interface Arrival extends Record<string, Json> {
  readonly tenant: string;
  readonly ledger: string;
  readonly from: string;
  readonly to: string;
  /** Minor units. */
  readonly amount: string;
}

export interface Sweep {
  readonly stage: 'new' | 'moving' | 'waiting' | 'moved' | 'left';
  readonly arrival: Arrival | null;
  readonly waitUntil: number;
}

export type SweepEvent =
  | { readonly type: 'Arrived'; readonly arrival: Arrival }
  | { readonly type: 'Postponed'; readonly until: number }
  | { readonly type: 'Resumed' | 'Moved' | 'Left' };

/** What a sweep calls for at its ledger. */
const movedOn = ({ tenant, ledger, from, to, amount }: Arrival): LedgerCall => ({
  tenant,
  ledger,
  operation: { op: 'transfer', debit: from, credit: to, amount },
});

/** The amounts of an entry that are to be moved on, with the number of their leg. */
export function arrivalsIn(
  event: LedgerEvent,
): readonly { readonly leg: number; readonly from: string; readonly to: string; readonly amount: string }[] {
  if (event.type !== 'EntryPosted' && event.type !== 'HoldCaptured') return [];
  return event.postings.flatMap(({ account, side, amount }, leg) =>
    side === 'credit' && account.startsWith(PREFIX)
      ? [{ leg, from: account, to: account.slice(PREFIX.length), amount: String(amount) }]
      : [],
  );
}

export const sweep: Definition<Sweep, SweepEvent> = {
  name: 'sweep',
  version: 1,
  initial: { stage: 'new', arrival: null, waitUntil: 0 },

  decide({ stage }, signal, now): readonly SweepEvent[] | Rejection {
    switch (signal.type) {
      case 'message':
        if (stage !== 'new') return { code: 'arrived_already', detail: 'This amount has arrived before.' };
        return [{ type: 'Arrived', arrival: signal.content as Arrival }];
      case 'done':
        return [{ type: 'Moved' }];
      case 'refused':
        return [signal.last ? { type: 'Left' } : { type: 'Postponed', until: now + RETRY_AFTER_MS }];
      case 'due':
        return [{ type: 'Resumed' }];
      default:
        return [];
    }
  },

  evolve(state, event): Sweep {
    switch (event.type) {
      case 'Arrived':
        return { ...state, stage: 'moving', arrival: event.arrival };
      case 'Postponed':
        return { ...state, stage: 'waiting', waitUntil: event.until };
      case 'Resumed':
        return { ...state, stage: 'moving' };
      case 'Moved':
        return { ...state, stage: 'moved' };
      case 'Left':
        return { ...state, stage: 'left' };
    }
  },

  next({ stage, arrival, waitUntil }): Next {
    if (stage === 'waiting') return { do: 'wait', until: waitUntil };
    if (stage !== 'moving') return { do: 'nothing' };
    return { do: 'call', step: 'move', content: movedOn(arrival!), attempts: ATTEMPTS };
  },
};
