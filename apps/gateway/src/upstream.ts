import { type Dispatcher, Pool } from 'undici';
import { Problem } from '@mizan/platform';
import type { ServiceName } from './routing.js';

/** Connections to one service, for answers that end and for those that do not. */
const CONNECTIONS = 128;
const ENDLESS = 256;
/** Requests under way at once to one service; those past its connections wait for one. */
const IN_FLIGHT = 1024;

/** A service behind the gateway: its connections, and the bound on what may be under way. */
export class Upstream {
  private readonly pool: Pool;
  private readonly endless: Pool;
  private readonly inFlight = { ending: 0, endless: 0 };

  constructor(
    readonly name: ServiceName,
    readonly url: string,
  ) {
    const options = { pipelining: 1, allowH2: false, connectTimeout: 5_000 };
    this.pool = new Pool(url, { ...options, connections: CONNECTIONS });
    this.endless = new Pool(url, { ...options, connections: ENDLESS });
  }

  /** @throws Problem `overloaded` past the bound. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler & { onEnd: () => void }, endless: boolean): void {
    const kind = endless ? 'endless' : 'ending';
    if (this.inFlight[kind] >= (endless ? ENDLESS : IN_FLIGHT))
      throw new Problem('overloaded', `The service ${this.name} has as much to do as it may. Try again shortly.`, {
        headers: { 'retry-after': '1' },
      });
    this.inFlight[kind] += 1;
    handler.onEnd = () => (this.inFlight[kind] -= 1);
    (endless ? this.endless : this.pool).dispatch(options, handler);
  }

  /** What is still under way breaks off. */
  async close(): Promise<void> {
    await Promise.all([this.pool.destroy(), this.endless.destroy()]);
  }
}
