import type { Definition, Json, Next, Rejection, Signal } from './definition.js';
import type { LedgerCall } from './ledger/ledger-call.js';

// A transfer that is held at once and captured on a day; above a limit somebody else has to approve it.

export interface Order extends Record<string, Json> {
  readonly tenant: string;
  readonly ledger: string;
  readonly debit: string;
  readonly credit: string;
  /** Minor units. */
  readonly amount: string;
  /** When it is captured, ms since the epoch. */
  readonly day: number;
  readonly maker: string;
}

export interface DelayedTransfer {
  readonly stage: 'new' | 'holding' | 'waiting' | 'asking' | 'capturing' | 'releasing' | 'captured' | 'released' | 'refused';
  readonly order: Order | null;
  readonly hold: string | null;
  readonly cancelled: boolean;
  readonly approved: boolean;
}

export type DelayedTransferEvent =
  | { readonly type: 'Ordered'; readonly order: Order }
  | { readonly type: 'Held'; readonly hold: string }
  | { readonly type: 'Cancelled' | 'DayCame' | 'Approved' | 'Captured' | 'Released' | 'HoldRefused' | 'GivenUp' };

/** Minor units above which a transfer is approved. */
export const LIMIT = 1_000n;
const APPROVAL_MS = 2 * 86_400_000;

export const delayedTransfer: Definition<DelayedTransfer, DelayedTransferEvent> = {
  name: 'delayed_transfer',
  version: 1,
  initial: { stage: 'new', order: null, hold: null, cancelled: false, approved: false },

  decide(state, signal): readonly DelayedTransferEvent[] | Rejection {
    switch (signal.type) {
      case 'message':
        return decideMessage(state, signal.content);
      case 'due':
        return [{ type: 'DayCame' }];
      case 'approved':
        return [{ type: 'Approved' }];
      case 'declined':
      case 'expired':
        return [{ type: 'GivenUp' }];
      case 'done':
        if (signal.step === 'hold') return [{ type: 'Held', hold: signal.id }];
        return [{ type: signal.step === 'capture' ? 'Captured' : 'Released' }];
      case 'refused':
        return decideRefused(signal);
    }
  },

  evolve(state, event): DelayedTransfer {
    switch (event.type) {
      case 'Ordered':
        return { ...state, stage: 'holding', order: event.order };
      case 'Held':
        return { ...state, stage: state.cancelled ? 'releasing' : 'waiting', hold: event.hold };
      case 'Cancelled':
        return { ...state, cancelled: true, stage: state.stage === 'holding' ? 'holding' : 'releasing' };
      case 'DayCame':
        return { ...state, stage: BigInt(state.order!.amount) > LIMIT ? 'asking' : 'capturing' };
      case 'Approved':
        return { ...state, stage: 'capturing', approved: true };
      case 'Captured':
        return { ...state, stage: 'captured' };
      case 'Released':
        return { ...state, stage: 'released' };
      case 'HoldRefused':
        return { ...state, stage: 'refused' };
      case 'GivenUp':
        return { ...state, stage: 'releasing' };
    }
  },

  next({ stage, order, hold, approved }): Next {
    switch (stage) {
      case 'holding': {
        const { debit, credit, amount } = order!;
        return { do: 'call', step: 'hold', content: asked(order!, { op: 'hold', debit, credit, amount }), attempts: 3 };
      }
      case 'waiting':
        return { do: 'wait', until: order!.day };
      case 'asking':
        return { do: 'approve', step: 'check', content: capture(order!, hold!), maker: order!.maker, expiresAt: order!.day + APPROVAL_MS };
      case 'capturing':
        return { do: 'call', step: 'capture', content: capture(order!, hold!), attempts: 2, ...(approved ? { approvedIn: 'check' } : {}) };
      case 'releasing':
        return { do: 'call', step: 'release', content: asked(order!, { op: 'release', hold: hold! }), attempts: 1 };
      case 'new':
      case 'captured':
      case 'released':
      case 'refused':
        return { do: 'nothing' };
    }
  },
};

const asked = ({ tenant, ledger }: Order, operation: LedgerCall['operation']): Json => ({ tenant, ledger, operation });
const capture = (order: Order, hold: string): Json => asked(order, { op: 'capture', hold });

function decideMessage({ stage, cancelled }: DelayedTransfer, content: Json): readonly DelayedTransferEvent[] | Rejection {
  if (content !== 'cancel') {
    if (stage !== 'new') return { code: 'ordered_already', detail: 'This transfer has been ordered. Choose a new id for another.' };
    return [{ type: 'Ordered', order: content as Order }];
  }
  if (stage === 'new') return { code: 'not_ordered', detail: 'There is no such transfer. Order it first.' };
  if (cancelled || !['holding', 'waiting', 'asking'].includes(stage))
    return { code: 'too_late', detail: 'This transfer is past cancelling. Reverse its entry.' };
  return [{ type: 'Cancelled' }];
}

function decideRefused({ step, last }: Extract<Signal, { type: 'refused' }>): readonly DelayedTransferEvent[] {
  if (!last) return [];
  if (step === 'hold') return [{ type: 'HoldRefused' }];
  return step === 'capture' ? [{ type: 'GivenUp' }] : [];
}
