import { Book, type Command, type Frozen, decide, noTexts, openLedger } from '@mizan/ledger';
import { type DelayedTransfer, type DelayedTransferEvent, type Order, delayedTransfer } from './delayed-transfer.fixture.js';
import type { Json } from './definition.js';
import type { Instance } from './instance.js';
import type { Answer, SentCall } from './ports.js';
import { type Chance, between, oneOf } from './trial/chance.js';
import type { Subject, World } from './trial/subject.js';

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const FUNDS = 2_000n;

/** @param seen how often a process came to which end. */
export const delayedTransfers = (seen: Map<string, number>): Subject<DelayedTransfer, DelayedTransferEvent> => ({
  definition: delayedTransfer,
  makeWorld: (draw) => new LedgerWorld(draw, seen),
});

/** A ledger in memory with little money in it, in which an account is frozen now and then. */
class LedgerWorld implements World<DelayedTransfer, DelayedTransferEvent> {
  readonly messages: World<DelayedTransfer, DelayedTransferEvent>['messages'];
  private readonly book = new Book();
  private frozen: Frozen = 'none';
  private updates = 0;

  constructor(
    draw: Chance,
    private readonly seen: Map<string, number>,
  ) {
    this.book.apply(openLedger(this.book, { tenant: 'trial', ledger: 'trial', name: 'Trial' }, START));
    const open = { op: 'open', asset: 'EUR', minBalance: 0n, maxBalance: null, texts: noTexts } as const;
    this.do({ ...open, id: 'cash', type: 'asset' }, START);
    this.do({ ...open, id: 'deposits', type: 'liability' }, START);
    this.do({ ...open, id: 'payable', type: 'liability' }, START);
    const funding = { op: 'transfer', id: 'funding', debit: 'cash', credit: 'deposits', amount: FUNDS } as const;
    this.do({ ...funding, effectiveAt: null, texts: noTexts }, START);
    this.messages = Array.from({ length: between(draw, 1, 3) }, (_, n) => messagesOf(draw, `${delayedTransfer.name}-t${n}`)).flat();
  }

  take({ id, content }: SentCall, now: number): Answer {
    return this.do(commandOf(id, content), now);
  }

  lookup(id: string): Answer | null {
    const event = this.book.command(id);
    if (!event) return null;
    return event.type === 'TransferRejected'
      ? { status: 'refused', rejection: event.rejection }
      : { status: 'done', answer: event.position };
  }

  disturb(draw: Chance): void {
    this.frozen = this.frozen === 'none' ? oneOf(draw, ['debits', 'all'] as const) : 'none';
    this.do({ op: 'update', id: `update-${(this.updates += 1)}`, account: 'deposits', frozen: this.frozen }, START);
  }

  isOver({ stage }: DelayedTransfer): boolean {
    return stage === 'new' || stage === 'captured' || stage === 'released' || stage === 'refused';
  }

  faults(processes: readonly Instance<DelayedTransfer, DelayedTransferEvent>[]): readonly string[] {
    const faults: string[] = [];
    let captured = 0n;
    for (const { id, state, approvals } of processes) {
      const end = `${state.stage}, approval ${approvals.get('check')?.status ?? 'none'}`;
      this.seen.set(end, (this.seen.get(end) ?? 0) + 1);
      const done = [...this.book.commands.values()].filter(
        (event) => event.command.id.startsWith(`${id}:`) && event.type !== 'TransferRejected',
      );
      const types = done.map(({ type }) => type).join(' ');
      if (types !== expected[state.stage]) faults.push(`${id} is ${state.stage}, and the book has of it: ${types || 'nothing'}`);
      if (state.stage === 'captured') captured += BigInt(state.order!.amount);
    }
    if (this.book.open.size > 0) faults.push(`${this.book.open.size} holds are left open`);
    const { creditsPosted } = this.book.account('payable')!;
    if (creditsPosted !== captured) faults.push(`${creditsPosted} were posted where the processes captured ${captured}`);
    return faults;
  }

  private do(command: Command, now: number): Answer {
    const { events, answer } = decide(this.book, command, now);
    for (const event of events) this.book.apply(event);
    return answer.status === 'applied'
      ? { status: 'done', answer: answer.event.position }
      : { status: 'refused', rejection: { code: answer.rejection.code, detail: answer.rejection.detail } };
  }
}

const expected: Readonly<Partial<Record<DelayedTransfer['stage'], string>>> = {
  new: '',
  refused: '',
  captured: 'HoldPlaced HoldCaptured',
  released: 'HoldPlaced HoldReleased',
};

function messagesOf(draw: Chance, process: string): { process: string; message: { id: string; content: Json } }[] {
  const day = START + between(draw, 3, 9) * DAY_MS;
  const amount = String(between(draw, 1, 15) * 100);
  const order: Order = { tenant: 'trial', ledger: 'trial', debit: 'deposits', credit: 'payable', amount, day, maker: 'maker' };
  const ordered = { process, message: { id: `${process}-order`, content: order } };
  return draw() < 0.7 ? [ordered] : [ordered, { process, message: { id: `${process}-cancel`, content: 'cancel' } }];
}

function commandOf(id: string, content: Json): Command {
  const { operation: asked } = content as { operation: { op: string; hold: string; debit: string; credit: string; amount: string } };
  switch (asked.op) {
    case 'hold': {
      const { debit, credit, amount } = asked;
      return { op: 'hold', id, debit, credit, amount: BigInt(amount), expiresAt: null, texts: noTexts };
    }
    case 'capture':
      return { op: 'capture', id, hold: asked.hold, amount: null, final: true, effectiveAt: null, texts: noTexts };
    case 'release':
      return { op: 'release', id, hold: asked.hold };
    default:
      throw new Error(`The ledger knows no ${asked.op}.`);
  }
}
