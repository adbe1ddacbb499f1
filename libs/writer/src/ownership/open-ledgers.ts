import { setTimeout as pause } from 'node:timers/promises';
import type { Ask, Origin, Reply } from '../ask.js';
import { LedgersElsewhere, WrittenElsewhere } from './elsewhere.js';
import { WriterFault, notWritten } from '../fault.js';
import { LEASE_MS, type Lease, type Leases, type Returned } from './leases.js';
import type { LedgerWriter, WriterPorts } from '../ledger-writer.js';
import { loadLedger } from './load-ledger.js';
import type { LedgerOf, UnattendedLedgers } from './unattended-ledgers.js';

/** How many ledgers a process holds open at once, and how long an idle one stays, ms. */
const BOUNDS = { maxOpen: 256, idleMs: 10 * 60 * 1000 };
/** Spent commands kept in memory by all ledgers together; the index brings the others back. */
const KEPT_COMMANDS = 5_000;
const MIN_KEPT_COMMANDS = 100;
/** How long, and how many, may wait for a ledger to be loaded. */
const LOAD_DEADLINE_MS = 10_000;
const MAX_WAITING_FOR_LOAD = 1_000;
/** Giving leases back is a courtesy to others: it must not hold up the end, ms. */
const GOODBYE_MS = 500;
/** How often ledgers are looked for that nobody writes and that have something to do, ms, and how many are then loaded at once. */
const ATTEND_EVERY_MS = 1_000;
const ATTENDED_AT_ONCE = 8;

interface Open {
  readonly lease: Lease;
  readonly writer: LedgerWriter;
}

/** The ledgers that this process writes: taken by lease, loaded when first asked for or when a hold falls due, put away when idle. */
export class OpenLedgers {
  private readonly open = new Map<string, Open>();
  private readonly loading = new Map<string, Promise<LedgerWriter>>();
  private readonly loadingLeases = new Map<string, Lease>();
  private readonly elsewhere = new LedgersElsewhere();
  private readonly stopping = new AbortController();
  private closing = false;
  private waitingForLoad = 0;
  private renewal: NodeJS.Timeout | null = null;
  private attending: NodeJS.Timeout | null = null;
  private readonly ports: WriterPorts;
  /** Why nothing can be written at present, or null. */
  private refusal: string | null = 'The database has not been asked yet.';

  constructor(
    ports: Omit<WriterPorts, 'keptCommands' | 'waiting'>,
    private readonly leases: Leases,
    private readonly unattended: UnattendedLedgers,
    private readonly bounds = BOUNDS,
  ) {
    this.ports = {
      ...ports,
      waiting: { commands: 0 },
      keptCommands: () => Math.max(MIN_KEPT_COMMANDS, Math.floor(KEPT_COMMANDS / Math.max(1, this.open.size))),
    };
  }

  /** Compares the clock with the database's, and goes on renewing; looks after the ledgers that nobody has. */
  async start(): Promise<void> {
    await this.renew();
    this.scheduleRenewal();
    this.scheduleAttendance(0);
  }

  /** Asks a ledger; once more when its writer ended before it had written anything of this. @throws WriterFault, WrittenElsewhere among them. */
  async ask<A extends Ask>(ledger: LedgerOf, asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    const writer = await this.writer(ledger);
    try {
      return await writer.submit(asks, origin);
    } catch (fault) {
      const untouched = fault instanceof WriterFault && fault.kind === 'unavailable';
      if (!untouched || !writer.hasEnded) throw fault;
      return (await this.writer(ledger)).submit(asks, origin);
    }
  }

  /**
   * Who writes a ledger: null where this instance does. One that nobody writes is taken and loaded.
   * @param anew without what is remembered of it: whoever was thought to write it does not.
   */
  async writtenBy(ledger: LedgerOf, anew = false): Promise<WrittenElsewhere | null> {
    if (anew) this.elsewhere.forget(ledger.uid);
    try {
      await this.writer(ledger);
      return null;
    } catch (fault) {
      if (fault instanceof WrittenElsewhere) return fault;
      throw fault;
    }
  }

  /** The writer of a ledger that is open here. */
  find(uid: string): LedgerWriter | undefined {
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

  /** What a health page says of the writers. @throws when they cannot write at present. */
  readiness(): Readonly<Record<string, unknown>> {
    if (this.refusal !== null) throw new Error(this.refusal);
    const unindexed = [...this.open.values()].reduce((sum, { writer }) => sum + writer.unindexed, 0);
    const clockDriftMs = Math.round(this.ports.clock.drift() ?? 0);
    return { openLedgers: this.open.size, queuedCommands: this.queuedCommands, unindexed, clockDriftMs };
  }

  /** The writer of a ledger, loaded if it is not open. @throws WrittenElsewhere when another instance has it, WriterFault when it cannot be loaded in time. */
  private async writer(ledger: LedgerOf): Promise<LedgerWriter> {
    if (this.closing) throw notWritten('This service is stopping.');
    const open = this.find(ledger.uid);
    if (open) return open;
    const others = this.elsewhere.find(ledger.uid, this.ports.clock.monotonic());
    if (others) throw new WrittenElsewhere(ledger, others);
    if (this.waitingForLoad >= MAX_WAITING_FOR_LOAD)
      throw new WriterFault('overloaded', 'Too many wait for ledgers to be loaded. Send it again in a second.');
    let loading = this.loading.get(ledger.uid);
    if (!loading) {
      this.makeRoom();
      loading = this.load(ledger).finally(() => this.loading.delete(ledger.uid));
      this.loading.set(ledger.uid, loading);
    }
    this.waitingForLoad += 1;
    const tooLong = new AbortController();
    try {
      const late = pause(LOAD_DEADLINE_MS, undefined, { signal: tooLong.signal }).then(() => {
        throw notWritten('The ledger is still being loaded.');
      });
      return await Promise.race([loading, late]);
    } finally {
      tooLong.abort();
      this.waitingForLoad -= 1;
    }
  }

  private async load(ledger: LedgerOf): Promise<LedgerWriter> {
    const { clock, log } = this.ports;
    const { uid, tenant } = ledger;
    try {
      const askedAt = clock.monotonic();
      const lease = await this.leases.take(uid);
      if ('owner' in lease) {
        const writing = { url: lease.owner, until: askedAt + lease.forMs };
        this.elsewhere.remember(uid, writing);
        throw new WrittenElsewhere(ledger, writing);
      }
      this.loadingLeases.set(uid, lease);
      const startedAt = clock.monotonic();
      const writer = await loadLedger(this.ports, lease, tenant, this.stopping.signal);
      this.open.set(uid, { lease, writer });
      const tookMs = Math.round(clock.monotonic() - startedAt);
      log('info', 'Ledger loaded.', { ledger: uid, position: writer.position, epoch: lease.epoch, tookMs });
      return writer;
    } catch (error) {
      if (error instanceof WriterFault) throw error;
      log('error', 'A ledger could not be loaded.', { ledger: uid, error: String(error) });
      // Another instance may be able to: one of a newer release, for example, which wrote what this one does not know.
      const lease = this.loadingLeases.get(uid);
      if (lease) await this.leases.release([{ ...lease, settled: false }]).catch(() => undefined);
      throw notWritten('The ledger cannot be loaded at the moment.', error);
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
    const askedAt = clock.monotonic();
    const open = [...this.open.values()];
    try {
      const { held, databaseNow } = await this.leases.renew([...open.map(({ lease }) => lease), ...this.loadingLeases.values()]);
      clock.check(databaseNow, askedAt);
      this.refusal = clock.checkedNow() === null ? clock.complaint() : null;
      for (const { lease, writer } of open) {
        if (held.has(lease.ledger)) continue;
        log('warn', 'The lease on a ledger was lost.', { ledger: lease.ledger });
        void this.putAway({ lease, writer }, 'Another instance has taken this ledger over.');
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
        void this.putAway(open, 'The ledger is being put away.');
    }
  }

  /** Puts the least recently used idle ledger away when the bound is reached. */
  private makeRoom(): void {
    if (this.open.size + this.loading.size < this.bounds.maxOpen) return;
    const [oldest] = [...this.open.values()].filter(({ writer }) => writer.idle).sort((a, b) => a.writer.lastUsedAt - b.writer.lastUsedAt);
    if (!oldest)
      throw new WriterFault(
        'overloaded',
        `All ${this.bounds.maxOpen} ledgers that this instance may hold open are in use. Send it again in a second.`,
      );
    void this.putAway(oldest, 'The ledger is being put away.');
  }

  /** A lease that cannot be given back runs out by itself. */
  private async putAway(open: Open, why: string): Promise<void> {
    const { lease, writer } = open;
    if (this.open.get(lease.ledger)?.writer === writer) this.open.delete(lease.ledger);
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

  /** Loads ledgers that nobody writes and that have something to do: their holds expire without traffic, and none is forgotten. */
  private async attend(): Promise<void> {
    if (this.refusal !== null) return;
    try {
      const ledgers = await this.unattended.find(ATTENDED_AT_ONCE);
      await Promise.allSettled(ledgers.map((ledger) => this.writer(ledger)));
    } catch (error) {
      this.ports.log('warn', 'Ledgers in which holds are due could not be looked for.', { error: String(error) });
    }
  }
}

const returned = ({ lease, writer }: Open): Returned => ({ ...lease, settled: writer.settled });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
