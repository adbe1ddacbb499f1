import { Heap } from './heap.js';
import type { Hold } from './hold.js';

interface Expiry {
  readonly id: string;
  readonly expiresAt: number;
  readonly position: number;
}

const before = (one: Expiry, other: Expiry): boolean =>
  one.expiresAt < other.expiresAt || (one.expiresAt === other.expiresAt && one.position < other.position);

/** The expiries of open holds, the earliest first, from which those of ended holds vanish in time. */
class Queue {
  private readonly heap = new Heap(before);
  private gone = 0;

  constructor(private readonly isOpen: (id: string) => boolean) {}

  add(expiry: Expiry): void {
    this.heap.add(expiry);
  }

  /** A hold in it has ended. It is cleared out when it comes to the top, or when most of the heap has ended. */
  ended(): void {
    this.gone += 1;
    if (this.gone * 2 <= this.heap.size) return;
    this.heap.keep(({ id }) => this.isOpen(id));
    this.gone = 0;
  }

  get first(): Expiry | undefined {
    while (this.heap.first && !this.isOpen(this.heap.first.id)) {
      this.heap.removeFirst();
      this.gone -= 1;
    }
    return this.heap.first;
  }

  get isEmpty(): boolean {
    return this.heap.size === 0;
  }
}

/** Which open holds fall due when: in the whole ledger, and on each account. */
export class Expiries {
  private readonly all: Queue;
  private readonly byAccount = new Map<string, Queue>();

  /** @param isOpen whether a hold is still open, by its id. */
  constructor(private readonly isOpen: (id: string) => boolean) {
    this.all = new Queue(isOpen);
  }

  add({ id, expiresAt, placedPosition, debit, credit }: Hold): void {
    if (expiresAt === null) return;
    const expiry = { id, expiresAt, position: placedPosition };
    for (const queue of [this.all, this.on(debit), this.on(credit)]) queue.add(expiry);
  }

  /** A hold that was added has ended, and `isOpen` says so. */
  remove({ expiresAt, debit, credit }: Hold): void {
    if (expiresAt === null) return;
    this.all.ended();
    for (const account of [debit, credit]) {
      const queue = this.on(account);
      queue.ended();
      if (queue.isEmpty) this.byAccount.delete(account);
    }
  }

  /** The earliest expiry of all, ms since the epoch; null where no open hold has one. */
  get next(): number | null {
    return this.all.first?.expiresAt ?? null;
  }

  /** The hold that has been due longest at this moment, on any account or on these; null where none is. */
  firstDue(moment: number, accounts?: readonly string[]): string | null {
    let first: Expiry | undefined;
    for (const queue of accounts ? accounts.flatMap((account) => this.byAccount.get(account) ?? []) : [this.all]) {
      const candidate = queue.first;
      if (candidate && candidate.expiresAt <= moment && (!first || before(candidate, first))) first = candidate;
    }
    return first?.id ?? null;
  }

  private on(account: string): Queue {
    let queue = this.byAccount.get(account);
    if (!queue) this.byAccount.set(account, (queue = new Queue(this.isOpen)));
    return queue;
  }
}
