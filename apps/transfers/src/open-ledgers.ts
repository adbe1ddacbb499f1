import type { CatalogEntry } from './ledger-catalog.js';
import { WriterFault } from './fault.js';
import { LEASE_MS, type Lease, type Leases } from './leases.js';
import type { Ask, LedgerWriter, Origin, Reply, WriterPorts } from './ledger-writer.js';
import { loadLedger } from './load-ledger.js';

/** How many ledgers this process holds open at once, and how long an idle one stays, ms. */
const MAX_OPEN = 256;
const IDLE_MS = 10 * 60 * 1000;
/** Spent commands kept in memory by all ledgers together; the index brings the others back. */
const KEPT_COMMANDS = 5_000;
const MIN_KEPT_COMMANDS = 100;

interface Open {
  readonly lease: Lease;
  readonly writer: LedgerWriter;
}

/** The ledgers that this process writes: taken by lease, loaded when first asked for, put away when idle. */
export class OpenLedgers {
  private readonly open = new Map<string, Open>();
  private readonly loading = new Map<string, Promise<LedgerWriter>>();
  private readonly stopping = new AbortController();
  private renewal: NodeJS.Timeout | null = null;
  private readonly ports: WriterPorts;
  /** Why nothing can be written at present, or null. */
  private refusal: string | null = 'The database has not been asked yet.';

  constructor(
    ports: Omit<WriterPorts, 'keptCommands'>,
    private readonly leases: Leases,
  ) {
    this.ports = { ...ports, keptCommands: () => Math.max(MIN_KEPT_COMMANDS, Math.floor(KEPT_COMMANDS / Math.max(1, this.open.size))) };
  }

  /** Compares the clock with the database's, and goes on renewing. */
  async start(): Promise<void> {
    await this.renew();
    this.scheduleRenewal();
  }

  /** Asks a ledger; once more when its writer ended before it had written anything of this. @throws WriterFault */
  async ask<A extends Ask>(ledger: Pick<CatalogEntry, 'uid' | 'tenant'>, asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    const writer = await this.writer(ledger);
    try {
      return await writer.submit(asks, origin);
    } catch (fault) {
      const untouched = fault instanceof WriterFault && fault.kind === 'unavailable' && asks.length === 1;
      if (!untouched || !writer.hasEnded || this.stopping.signal.aborted) throw fault;
      return (await this.writer(ledger)).submit(asks, origin);
    }
  }

  /** The writer of a ledger. @throws WriterFault when another instance has it or it cannot be loaded. */
  async writer(ledger: Pick<CatalogEntry, 'uid' | 'tenant'>): Promise<LedgerWriter> {
    const open = this.open.get(ledger.uid);
    if (open && !open.writer.hasEnded) return open.writer;
    let loading = this.loading.get(ledger.uid);
    if (!loading) {
      loading = this.load(ledger).finally(() => this.loading.delete(ledger.uid));
      this.loading.set(ledger.uid, loading);
    }
    return loading;
  }

  /** The last durable position of a ledger that is open here. */
  find(uid: string): LedgerWriter | undefined {
    const open = this.open.get(uid);
    return open && !open.writer.hasEnded ? open.writer : undefined;
  }

  /** Lets what is queued be written, within `timeMs`, and gives all leases back. */
  async stop(timeMs: number): Promise<void> {
    if (this.renewal) clearTimeout(this.renewal);
    const signal = AbortSignal.timeout(timeMs);
    const open = [...this.open.values()];
    await Promise.all(open.map(({ writer }) => writer.drain(signal)));
    this.stopping.abort(new Error('stopping'));
    await this.leases.release(open.map(({ lease }) => lease)).catch(() => undefined);
  }

  /** What a health page says of the writers. @throws when they cannot write at present. */
  readiness(): Readonly<Record<string, unknown>> {
    if (this.refusal !== null) throw new Error(this.refusal);
    const queued = [...this.open.values()].reduce((sum, { writer }) => sum + writer.queued, 0);
    return { openLedgers: this.open.size, queuedCommands: queued, clockDriftMs: Math.round(this.ports.clock.drift() ?? 0) };
  }

  private async load(ledger: Pick<CatalogEntry, 'uid' | 'tenant'>): Promise<LedgerWriter> {
    this.stopping.signal.throwIfAborted();
    this.makeRoom();
    try {
      const lease = await this.leases.take(ledger.uid);
      if (lease === null) throw new WriterFault('unavailable', 'Another instance writes this ledger. Send it again in a few seconds.');
      const startedAt = this.ports.clock.monotonic();
      const writer = await loadLedger(this.ports, lease, ledger.tenant, this.stopping.signal);
      this.open.set(ledger.uid, { lease, writer });
      const tookMs = Math.round(this.ports.clock.monotonic() - startedAt);
      this.ports.log('info', 'Ledger loaded.', { ledger: ledger.uid, position: writer.position, epoch: lease.epoch, tookMs });
      return writer;
    } catch (error) {
      if (error instanceof WriterFault) throw error;
      this.ports.log('error', 'A ledger could not be loaded.', { ledger: ledger.uid, error: String(error) });
      throw new WriterFault('unavailable', 'The ledger cannot be loaded at the moment. Nothing was written; send it again.', {
        cause: error,
      });
    }
  }

  private scheduleRenewal(): void {
    this.renewal = setTimeout(() => {
      void this.renew().finally(() => {
        if (!this.stopping.signal.aborted) this.scheduleRenewal();
      });
    }, LEASE_MS / 3);
  }

  private async renew(): Promise<void> {
    const { clock, log } = this.ports;
    const askedAt = clock.monotonic();
    const open = [...this.open.values()];
    try {
      const { held, databaseNow } = await this.leases.renew(open.map(({ lease }) => lease));
      clock.check(databaseNow, askedAt);
      this.refusal = clock.trusted() ? null : `The clock is ${Math.round(clock.drift()!)} ms away from the database's. Set it.`;
      for (const { lease, writer } of open) {
        if (held.has(lease.ledger)) continue;
        log('warn', 'The lease on a ledger was lost.', { ledger: lease.ledger });
        void this.putAway(lease.ledger, writer, 'Another instance has taken this ledger over. Nothing was written; send it again.');
      }
      await this.putIdleAway();
    } catch (error) {
      this.refusal = 'Leases could not be renewed: the database does not answer.';
      log('warn', 'Leases could not be renewed.', { error: String(error) });
    }
  }

  private async putIdleAway(): Promise<void> {
    const now = this.ports.clock.monotonic();
    const idle = [...this.open.values()].filter(({ writer }) => writer.hasEnded || (writer.idle && now - writer.lastUsedAt > IDLE_MS));
    for (const { lease, writer } of idle) await this.putAway(lease.ledger, writer, 'The ledger is being put away. Send it again.');
    await this.leases.release(idle.map(({ lease }) => lease));
  }

  /** Puts the least recently used idle ledger away when the bound is reached. */
  private makeRoom(): void {
    if (this.open.size < MAX_OPEN) return;
    const [oldest] = [...this.open.values()].filter(({ writer }) => writer.idle).sort((a, b) => a.writer.lastUsedAt - b.writer.lastUsedAt);
    if (!oldest)
      throw new WriterFault(
        'overloaded',
        `All ${MAX_OPEN} ledgers that this instance may hold open are in use. Send it again in a second.`,
      );
    void this.putAway(oldest.lease.ledger, oldest.writer, 'The ledger is being put away. Send it again.');
  }

  private async putAway(uid: string, writer: LedgerWriter, why: string): Promise<void> {
    if (this.open.get(uid)?.writer === writer) this.open.delete(uid);
    await writer.end(new WriterFault('unavailable', why));
  }
}
