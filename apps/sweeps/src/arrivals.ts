import { decodeEnvelope, decodeEvent, ledgerUidOf } from '@mizan/contracts';
import type { HeardEvent } from '@mizan/messaging';
import type { LedgerName } from '@mizan/messaging/service';
import type { ProcessLoop } from '@mizan/process';
import { type Sweep, type SweepEvent, arrivalsIn } from './sweep.js';

/** Begins a sweep for each amount that arrives. An event that is heard again finds its sweeps begun, and changes nothing. */
export class Arrivals {
  constructor(
    private readonly sweeps: Pick<ProcessLoop<Sweep, SweepEvent>, 'receive'>,
    private readonly whose: (stream: string) => Promise<LedgerName>,
  ) {}

  /** @throws where a sweep could not be begun for certain: the event is heard again. */
  async heard({ id, event, texts, stream }: HeardEvent): Promise<void> {
    const arrivals = arrivalsIn(decodeEvent(event, texts));
    if (arrivals.length === 0) return;
    const { tenant, ledger } = await this.whose(stream);
    const { actor, correlation, traceparent, version } = decodeEnvelope(event);
    for (const { leg, ...arrival } of arrivals) {
      const process = `sweep-${ledgerUidOf(stream)}-${version}-${leg}`;
      const content = { tenant, ledger, ...arrival };
      const taken = await this.sweeps.receive(process, { id, content, asked: { actor, correlation }, causation: id, traceparent });
      if (taken.status === 'rejected') throw new Error(`${process} was not begun: ${taken.rejection.detail}`);
    }
  }
}
