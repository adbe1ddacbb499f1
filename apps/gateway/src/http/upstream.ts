import { type Dispatcher, Pool } from 'undici';
import { Problem } from '@mizan/platform';
import type { UpstreamName } from './routing.js';

/** Connections to one instance, for answers that end and for those that do not. */
const CONNECTIONS = 128;
const ENDLESS = 256;
/** Requests under way at once to one service; those past its connections wait for one. */
const IN_FLIGHT = 1024;
/** Instances are asked this often whether they live, and have as long to say so, ms. */
const LOOK_EVERY_MS = 1_000;
/** Looks without an answer after which an instance is taken for gone, and what is under way to it is given up. */
const MISSED_LOOKS = 2;

/** One request on its way: told when it is over, asked whether it can be sent elsewhere. */
export interface Sent extends Dispatcher.DispatchHandler {
  onEnd: () => void;
  /** Nothing was sent. True: another instance has got it now. */
  onNotSent: () => boolean;
  /** The instance is gone: nobody waits for its answer any longer. */
  giveUp(why: Error): void;
}

/** A service behind the gateway: its instances in turn, and the bound on what may be under way. */
export class Upstream {
  private readonly instances: readonly Instance[];
  private readonly inFlight = { ending: 0, endless: 0 };
  private readonly looking: NodeJS.Timeout | null;
  private turn = 0;

  constructor(
    readonly name: UpstreamName,
    urls: readonly string[],
  ) {
    this.instances = urls.map((url) => new Instance(url));
    // Of one instance nothing better is known: what it does not answer, nobody does.
    this.looking =
      urls.length > 1 ? setInterval(() => this.instances.forEach((instance) => void instance.look()), LOOK_EVERY_MS).unref() : null;
  }

  /** @throws Problem `overloaded` past the bound. */
  dispatch(options: Dispatcher.DispatchOptions, sent: Sent, endless: boolean): void {
    const kind = endless ? 'endless' : 'ending';
    if (this.inFlight[kind] >= (endless ? ENDLESS : IN_FLIGHT))
      throw new Problem('overloaded', `The service ${this.name} has as much to do as it may. Try again shortly.`, {
        headers: { 'retry-after': '1' },
      });
    this.inFlight[kind] += 1;
    const [first, ...others] = this.inTurn();
    let at = first!;
    sent.onEnd = () => {
      this.inFlight[kind] -= 1;
      at.under.delete(sent);
    };
    sent.onNotSent = () => {
      at.refused();
      at.under.delete(sent);
      const next = others.shift();
      // A body that streams is spent.
      if (!next || !(options.body === null || Buffer.isBuffer(options.body))) return false;
      at = next;
      at.dispatch(options, sent, endless);
      return true;
    };
    at.dispatch(options, sent, endless);
  }

  /** What is still under way breaks off. */
  async close(): Promise<void> {
    if (this.looking) clearInterval(this.looking);
    await Promise.all(this.instances.map((instance) => instance.close()));
  }

  /** Each is the first in its turn; those that seem to be gone come last. */
  private inTurn(): readonly Instance[] {
    const { instances } = this;
    if (instances.length === 1) return instances;
    this.turn = (this.turn + 1) % instances.length;
    const inTurn = [...instances.slice(this.turn), ...instances.slice(0, this.turn)];
    return [...inTurn.filter(({ gone }) => !gone), ...inTurn.filter(({ gone }) => gone)];
  }
}

/** One process of a service: its connections, and whether it lives. */
class Instance {
  readonly under = new Set<Sent>();
  private readonly pool: Pool;
  private readonly endless: Pool;
  private missed = 0;

  constructor(private readonly url: string) {
    const options = { pipelining: 1, allowH2: false, connectTimeout: 5_000 };
    this.pool = new Pool(url, { ...options, connections: CONNECTIONS });
    this.endless = new Pool(url, { ...options, connections: ENDLESS });
  }

  get gone(): boolean {
    return this.missed >= MISSED_LOOKS;
  }

  dispatch(options: Dispatcher.DispatchOptions, sent: Sent, endless: boolean): void {
    this.under.add(sent);
    (endless ? this.endless : this.pool).dispatch(options, sent);
  }

  /** Nobody listens there: the next look that is answered takes it up again. */
  refused(): void {
    this.missed = MISSED_LOOKS;
  }

  async look(): Promise<void> {
    try {
      const answer = await fetch(`${this.url}/health/live`, { signal: AbortSignal.timeout(LOOK_EVERY_MS) });
      await answer.arrayBuffer();
      this.missed = 0;
    } catch {
      this.missed += 1;
      if (this.missed === MISSED_LOOKS)
        for (const sent of [...this.under]) sent.giveUp(new Error('The instance does not answer any more.'));
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.destroy(), this.endless.destroy()]);
  }
}
