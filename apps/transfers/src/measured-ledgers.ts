import type { Ask, Reply } from '@mizan/writer/ledger';
import type { Asking } from './http/asking.js';
import { Ledgers } from './ledgers.js';
import type { PostingMetrics } from './posting-metrics.js';

/** Ledgers whose answers are counted. */
export class MeasuredLedgers extends Ledgers {
  constructor(
    private readonly metrics: PostingMetrics,
    ...ports: ConstructorParameters<typeof Ledgers>
  ) {
    super(...ports);
  }

  override async ask<A extends Ask>(asking: Asking, ledger: string, asks: readonly A[]): Promise<Reply<A>[]> {
    const askedAt = performance.now();
    const replies = await super.ask(asking, ledger, asks);
    this.metrics.answered(asks, replies, performance.now() - askedAt);
    return replies;
  }
}
