import { type FedEvent, decodeEvent } from '@mizan/contracts';
import type { Balances, LedgerEvent } from '@mizan/ledger';
import type { Projection } from '@mizan/messaging';

/** One posting on an account's statement. */
export interface StatementLine {
  readonly effectiveAt: number;
  readonly position: number;
  readonly leg: number;
  readonly side: 'debit' | 'credit';
  readonly amount: bigint;
}

/** A read model of one journal. */
export class LedgerBooks {
  position = 0;
  readonly balances = new Map<string, Balances>();
  /** Of each account, in the order of its statement: (effectiveAt, position, leg). */
  readonly statements = new Map<string, StatementLine[]>();
  readonly holds = new Map<string, string>();
  readonly references = new Map<number, string | null>();

  take(event: LedgerEvent): void {
    this.position = event.position;
    if ('account' in event) this.balances.set(event.account.id, event.account);
    if ('hold' in event) this.holds.set(event.hold.id, `${event.hold.status} ${event.hold.remaining}`);
    if ('accounts' in event) for (const { account, balances } of event.accounts) this.balances.set(account, balances);
    if (!('postings' in event)) return;
    this.references.set(event.position, event.texts?.reference ?? null);
    for (const [leg, { account, side, amount, balances }] of event.postings.entries()) {
      this.balances.set(account, balances);
      this.enter(account, { effectiveAt: event.effectiveAt, position: event.position, leg, side, amount });
    }
  }

  protected enter(account: string, line: StatementLine): void {
    const lines = this.statements.get(account) ?? [];
    let place = lines.length;
    while (place > 0 && lines[place - 1]!.effectiveAt > line.effectiveAt) place--;
    lines.splice(place, 0, line);
    this.statements.set(account, lines);
  }
}

/** The books of all journals, with how far they have come; they change by transactions alone. */
export class Books {
  readonly ledgers = new Map<string, LedgerBooks>();
  readonly progress = new Map<string, number>();
  token: string | null = null;
  private readonly locked = new Map<string, BooksTransaction>();

  begin(): BooksTransaction {
    return new BooksTransaction(this, this.locked);
  }

  versions(streams: readonly string[]): Map<string, number> {
    return new Map(streams.map((stream) => [stream, this.progress.get(stream) ?? 0]));
  }
}

export class BooksTransaction {
  private readonly writes: (() => void)[] = [];
  private readonly held: string[] = [];
  private over = false;

  constructor(
    readonly books: Books,
    private readonly locked: Map<string, BooksTransaction>,
  ) {}

  /** Whether it has all of these now. It takes all or none. */
  lock(streams: readonly string[]): boolean {
    if (this.over) return true;
    if (streams.some((stream) => this.locked.has(stream) && this.locked.get(stream) !== this)) return false;
    for (const stream of streams) this.locked.set(stream, this);
    this.held.push(...streams);
    return true;
  }

  versions(streams: readonly string[]): Map<string, number> {
    return this.books.versions(streams);
  }

  write(change: () => void): void {
    this.writes.push(change);
  }

  advance(versions: ReadonlyMap<string, number>): void {
    this.write(() => versions.forEach((version, stream) => this.books.progress.set(stream, version)));
  }

  commit(): void {
    if (this.over) throw new Error('The transaction is over; its connection broke.');
    for (const change of this.writes) change();
    this.rollBack();
  }

  /** Nothing more of it is done. */
  rollBack(): void {
    if (this.over) return;
    this.over = true;
    for (const stream of this.held) if (this.locked.get(stream) === this) this.locked.delete(stream);
  }
}

/** Takes events into the books. */
export class BooksProjection implements Projection<BooksTransaction> {
  constructor(private readonly makeBooks: () => LedgerBooks = () => new LedgerBooks()) {}

  async apply(transaction: BooksTransaction, stream: string, events: readonly FedEvent[]): Promise<void> {
    const decoded = events.map(({ event, texts }) => decodeEvent(event, texts));
    transaction.write(() => {
      const { ledgers } = transaction.books;
      if (!ledgers.has(stream)) ledgers.set(stream, this.makeBooks());
      for (const event of decoded) ledgers.get(stream)!.take(event);
    });
  }
}
