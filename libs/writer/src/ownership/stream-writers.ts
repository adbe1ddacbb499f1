import { setTimeout as pause } from 'node:timers/promises';
import { WriterFault, notWritten } from '../fault.js';
import type { Origin, Portion } from '../stream-rules.js';
import type { SharedPorts, StreamWriter, WriterPorts } from '../stream-writer.js';
import { StreamsElsewhere, WrittenElsewhere } from './elsewhere.js';
import { LEASE_MS, type Lease, type Leases, type Returned } from './leases.js';
import type { StreamOf, UnattendedStreams } from './unattended-streams.js';

/** How many streams a process holds open at once, and how long an idle one stays, ms. */
export interface OpenBounds {
  readonly maxOpen: number;
  readonly idleMs: number;
}
const BOUNDS: OpenBounds = { maxOpen: 256, idleMs: 10 * 60 * 1000 };
/** How long, and how many, may wait for a stream to be loaded. */
const LOAD_DEADLINE_MS = 10_000;
const MAX_WAITING_FOR_LOAD = 1_000;
/** Giving leases back is a courtesy to others: it must not hold up the end, ms. */
const GOODBYE_MS = 500;
/** How often streams are looked for that nobody writes and that have something to do, ms, and how many are then loaded at once. */
const ATTEND_EVERY_MS = 1_000;
const ATTENDED_AT_ONCE = 8;

/** One kind of stream: what people call one in messages (ledger, payout), and how its writer is made. */
export interface WrittenKind<W, S extends StreamOf = StreamOf> {
  readonly called: string;
  /**
   * A writer that goes on from the end of the stream.
   * @param signal ends the loading.
   * @throws when it cannot be loaded.
   */
  load(ports: SharedPorts, lease: Lease, of: S, signal: AbortSignal): Promise<W>;
}

interface Open<W> {
  readonly lease: Lease;
  readonly writer: W;
}

/** The streams of one kind that this process writes: taken by lease, loaded when first asked for or when something falls due, put away when idle. */
export class StreamWriters<A, R, W extends StreamWriter<A, R, P>, S extends StreamOf = StreamOf, P extends Portion = Portion> {
  private readonly open = new Map<string, Open<W>>();
  private readonly loading = new Map<string, Promise<W>>();
  private readonly loadingLeases = new Map<string, Lease>();
  private readonly elsewhere = new StreamsElsewhere();
  private readonly stopping = new AbortController();
  private closing = false;
  private waitingForLoad = 0;
  private renewal: NodeJS.Timeout | null = null;
  private attending: NodeJS.Timeout | null = null;
  private readonly ports: SharedPorts;
  /** Why nothing can be written at present, or null. */
  private refusal: string | null = 'The database has not been asked yet.';

  constructor(
    private readonly kind: WrittenKind<W, S>,
    ports: WriterPorts,
    private readonly leases: Leases,
    private readonly unattended: UnattendedStreams<S>,
    private readonly bounds = BOUNDS,
  ) {
    this.ports = { ...ports, waiting: { commands: 0 }, open: () => this.open.size };
  }

  /** Compares the clock with the database's, and goes on renewing; looks after the streams that nobody has. */
  async start(): Promise<void> {
    await this.renew();
    this.scheduleRenewal();
    this.scheduleAttendance(0);
  }

  /** Asks a stream; once more when its writer ended before it had written anything of this. @throws WriterFault, WrittenElsewhere among them. */
  async ask(of: S, asks: readonly A[], origin: Origin): Promise<R[]> {
    const writer = await this.writer(of);
    try {
      return await writer.submit(asks, origin);
    } catch (fault) {
      const untouched = fault instanceof WriterFault && fault.kind === 'unavailable';
      if (!untouched || !writer.hasEnded) throw fault;
      return (await this.writer(of)).submit(asks, origin);
    }
  }

  /**
   * Who writes a stream: null where this instance does. One that nobody writes is taken and loaded.
   * @param anew without what is remembered of it: whoever was thought to write it does not.
   */
  async writtenBy(of: S, anew = false): Promise<WrittenElsewhere | null> {
    if (anew) this.elsewhere.forget(of.uid);
    try {
      await this.writer(of);
      return null;
    } catch (fault) {
      if (fault instanceof WrittenElsewhere) return fault;
      throw fault;
    }
  }

  /** The writer of a stream that is open here. */
  find(uid: string): W | undefined {
    const open = this.open.get(uid);
    return open && !open.writer.hasEnded ? open.writer : undefined;
  }

  /** Takes no more, lets what is queued be written, within `timeMs`, and gives all leases back. */
  async stop(timeMs: number): Promise<void> {
    this.closing = true;
    if (this.renewal) clearTimeout(this.renewal);
    if (this.attending) clearTimeout(this.attending);
    const signal = AbortSignal.timeout(timeMs);
    signal.addEventListener('abort', () => this.stopping.abort(new Error('stopping')), { once: true });
    await Promise.race([Promise.allSettled(this.loading.values()), aborted(signal)]);
    const open = [...this.open.values()];
    await Promise.race([Promise.all(open.map(({ writer }) => writer.drain(signal))), aborted(signal)]);
    this.stopping.abort(new Error('stopping'));
    const leases = this.leases.release(open.map(returned)).catch(() => undefined);
    await Promise.race([leases, pause(GOODBYE_MS, undefined, { ref: false })]);
  }

  get queuedCommands(): number {
    return this.ports.waiting.commands;
  }

  /** Those that are open here. */
  get writers(): readonly W[] {
    return [...this.open.values()].map(({ writer }) => writer);
  }

  /** What a health page says of the writers. @throws when they cannot write at present. */
  readiness(): { readonly open: number; readonly queuedCommands: number; readonly clockDriftMs: number } {
    if (this.refusal !== null) throw new Error(this.refusal);
    return { open: this.open.size, queuedCommands: this.queuedCommands, clockDriftMs: Math.round(this.ports.clock.drift() ?? 0) };
  }

  /** The writer of a stream, loaded if it is not open. @throws WrittenElsewhere when another instance has it, WriterFault when it cannot be loaded in time. */
  private async writer(of: S): Promise<W> {
    if (this.closing) throw notWritten('This service is stopping.');
    const open = this.find(of.uid);
    if (open) return open;
    const others = this.elsewhere.find(of.uid, this.ports.clock.monotonic());
    if (others) throw new WrittenElsewhere(of, others, this.kind.called);
    if (this.waitingForLoad >= MAX_WAITING_FOR_LOAD)
      throw new WriterFault('overloaded', `Too many wait for ${this.kind.called}s to be loaded. Send it again in a second.`);
    let loading = this.loading.get(of.uid);
    if (!loading) {
      this.makeRoom();
      loading = this.load(of).finally(() => this.loading.delete(of.uid));
      this.loading.set(of.uid, loading);
    }
    this.waitingForLoad += 1;
    const tooLong = new AbortController();
    try {
      const late = pause(LOAD_DEADLINE_MS, undefined, { signal: tooLong.signal }).then(() => {
        throw notWritten(`The ${this.kind.called} is still being loaded.`);
      });
      return await Promise.race([loading, late]);
    } finally {
      tooLong.abort();
      this.waitingForLoad -= 1;
    }
  }

  private async load(of: S): Promise<W> {
    const { clock, log } = this.ports;
    const { called } = this.kind;
    const { uid } = of;
    try {
      const askedAt = clock.monotonic();
      const lease = await this.leases.take(uid);
      if ('owner' in lease) {
        const writing = { url: lease.owner, until: askedAt + lease.forMs };
        this.elsewhere.remember(uid, writing);
        throw new WrittenElsewhere(of, writing, called);
      }
      this.loadingLeases.set(uid, lease);
      const startedAt = clock.monotonic();
      const writer = await this.kind.load(this.ports, lease, of, this.stopping.signal);
      this.open.set(uid, { lease, writer });
      const tookMs = Math.round(clock.monotonic() - startedAt);
      log('info', 'A stream was loaded.', { [called]: uid, position: writer.position, epoch: lease.epoch, tookMs });
      return writer;
    } catch (error) {
      if (error instanceof WriterFault) throw error;
      log('error', 'A stream could not be loaded.', { [called]: uid, error: String(error) });
      // Another instance may be able to: one of a newer release, for example, which wrote what this one does not know.
      const lease = this.loadingLeases.get(uid);
      if (lease) await this.leases.release([{ ...lease, settled: false }]).catch(() => undefined);
      throw notWritten(`The ${called} cannot be loaded at the moment.`, error);
    } finally {
      this.loadingLeases.delete(uid);
    }
  }

  private scheduleRenewal(): void {
    this.renewal = setTimeout(() => {
      void this.renew().finally(() => {
        if (!this.closing) this.scheduleRenewal();
      });
    }, LEASE_MS / 3);
  }

  private async renew(): Promise<void> {
    const { clock, log } = this.ports;
    const { called } = this.kind;
    const askedAt = clock.monotonic();
    const open = [...this.open.values()];
    try {
      const { held, databaseNow } = await this.leases.renew([...open.map(({ lease }) => lease), ...this.loadingLeases.values()]);
      clock.check(databaseNow, askedAt);
      this.refusal = clock.checkedNow() === null ? clock.complaint() : null;
      for (const { lease, writer } of open) {
        if (held.has(lease.uid)) continue;
        log('warn', 'The lease on a stream was lost.', { [called]: lease.uid });
        void this.putAway({ lease, writer }, `Another instance has taken this ${called} over.`);
      }
      this.putIdleAway();
    } catch (error) {
      this.refusal = 'Leases could not be renewed: the database does not answer.';
      log('warn', 'Leases could not be renewed.', { error: String(error) });
    }
  }

  /** Nobody waits for them to end: the other leases must be renewed meanwhile. */
  private putIdleAway(): void {
    const now = this.ports.clock.monotonic();
    for (const open of [...this.open.values()]) {
      const { writer } = open;
      if (writer.hasEnded || (writer.idle && now - writer.lastUsedAt > this.bounds.idleMs))
        void this.putAway(open, `The ${this.kind.called} is being put away.`);
    }
  }

  /** Puts the least recently used idle stream away when the bound is reached. */
  private makeRoom(): void {
    if (this.open.size + this.loading.size < this.bounds.maxOpen) return;
    const [oldest] = [...this.open.values()].filter(({ writer }) => writer.idle).sort((a, b) => a.writer.lastUsedAt - b.writer.lastUsedAt);
    if (!oldest)
      throw new WriterFault(
        'overloaded',
        `All ${this.bounds.maxOpen} ${this.kind.called}s that this instance may hold open are in use. Send it again in a second.`,
      );
    void this.putAway(oldest, `The ${this.kind.called} is being put away.`);
  }

  /** A lease that cannot be given back runs out by itself. */
  private async putAway(open: Open<W>, why: string): Promise<void> {
    const { lease, writer } = open;
    if (this.open.get(lease.uid)?.writer === writer) this.open.delete(lease.uid);
    await writer.end(notWritten(why));
    await this.leases.release([returned(open)]).catch(() => undefined);
  }

  private scheduleAttendance(inMs: number): void {
    this.attending = setTimeout(() => {
      void this.attend().finally(() => {
        if (!this.closing) this.scheduleAttendance(ATTEND_EVERY_MS);
      });
    }, inMs);
  }

  /** Loads streams that nobody writes and that have something to do: what falls due is done without traffic, and none is forgotten. */
  private async attend(): Promise<void> {
    if (this.refusal !== null) return;
    try {
      const found = await this.unattended.find(ATTENDED_AT_ONCE);
      await Promise.allSettled(found.map((of) => this.writer(of)));
    } catch (error) {
      this.ports.log('warn', 'Streams in which something is due could not be looked for.', { error: String(error) });
    }
  }
}

const returned = ({ lease, writer }: Open<{ readonly settled: boolean }>): Returned => ({ ...lease, settled: writer.settled });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
