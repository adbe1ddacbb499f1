import type { Operation } from '@mizan/client';
import type { ResultBody } from '@mizan/contracts';
import { type Opening, type Posting, isFault } from './berka.js';
import { berkaRows } from './berka-file.js';
import { Failure } from './failure.js';

/** Operations in one batch, and batches on their way at once: enough to keep the writer busy while rows are read. */
const BATCH = 1_000;
const IN_FLIGHT = 3;
/** How many refusals are kept word for word; all are counted. */
const KEPT_REFUSALS = 1_000;

/** A row of which nothing was posted: the fault of the row, or the ledger's own no. */
export interface Refusal {
  readonly line: number;
  /** The column, or the code of the ledger's rejection. */
  readonly reason: string;
  readonly problem: string;
}

export interface ImportSummary {
  readonly ledger: string;
  readonly rows: number;
  readonly posted: number;
  /** Had been posted before, by an earlier import or an earlier row. */
  readonly replayed: number;
  readonly refused: number;
  /** How many refusals there were for each reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly refusals: readonly Refusal[];
  /** Of the accounts that good rows name. */
  readonly accounts: number;
  /** Bad rows stood in the way, and nothing, or nothing more, was posted. */
  readonly stopped: boolean;
  /** The journal position after the last entry that was posted or found. */
  readonly position: number;
  /** Some refusals are the ledger's own. */
  readonly refusedByLedger: boolean;
}

export interface ImportOptions {
  readonly path: string;
  readonly ledger: string;
  /** `stop`: a file with a bad row is not posted at all. `continue`: its good rows are. */
  readonly onError: 'stop' | 'continue';
  /** The file is checked alone. */
  readonly dryRun?: boolean;
  /** Called once the file has been checked, before anything is sent. */
  readonly makeLedger: () => Promise<unknown>;
  /** Sends operations, in order, until their outcome is known. */
  readonly batch: (operations: readonly Operation[]) => Promise<readonly ResultBody[]>;
  readonly onRefusal: (refusal: Refusal) => void;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Posts a bank's history. The file is read twice: first every row is checked and the accounts are collected; then the ledger is made,
 * the accounts are opened and the rows are posted. An id comes from the row, so whatever was posted before is only found again.
 * @throws Failure for the file; whatever `batch` throws, once what was on its way has come to rest.
 */
export async function importBerka(options: ImportOptions): Promise<ImportSummary> {
  return new BerkaImport(options).run();
}

interface Waiting {
  readonly line: number;
  readonly transfer: Posting;
}

class BerkaImport {
  readonly #options: ImportOptions;
  readonly #accounts = new Map<string, Opening>();
  readonly #refusals: Refusal[] = [];
  readonly #reasons: Record<string, number> = {};
  readonly #inFlight = new Map<Promise<void>, ReadonlySet<string>>();
  #rows = 0;
  #posted = 0;
  #replayed = 0;
  #refused = 0;
  #position = 0;
  #refusedByLedger = false;
  #fault: { readonly error: unknown } | null = null;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  async run(): Promise<ImportSummary> {
    await this.#check();
    const allowed = this.#refused === 0 || this.#options.onError === 'continue';
    if (allowed && !this.#options.dryRun) {
      await this.#options.makeLedger();
      await this.#open();
      await this.#post();
    }
    return this.#summary(!allowed || this.#mustStop());
  }

  async #check(): Promise<void> {
    for await (const { line, outcome } of berkaRows(this.#options.path)) {
      this.#options.signal?.throwIfAborted();
      this.#rows += 1;
      if (isFault(outcome)) this.#refuse({ line, reason: outcome.field, problem: outcome.problem });
      else for (const account of outcome.accounts) this.#accounts.set(account.id, account);
    }
  }

  /** Every account stands before the first transfer is sent: one that came too early would be refused for ever. */
  async #open(): Promise<void> {
    const openings = [...this.#accounts.values()];
    for (let first = 0; first < openings.length; first += BATCH) {
      const some = openings.slice(first, first + BATCH);
      const results = await this.#options.batch(some);
      const refused = results.findIndex(({ status }) => status === 'rejected');
      if (refused >= 0)
        throw new Failure(`The account ${some[refused]?.id} cannot be opened (${results[refused]?.code}): ${results[refused]?.detail}`);
    }
  }

  async #post(): Promise<void> {
    let waiting: Waiting[] = [];
    for await (const { line, outcome } of berkaRows(this.#options.path)) {
      if (this.#fault || this.#mustStop()) break;
      if (isFault(outcome)) continue;
      if (!outcome.accounts.every(({ id }) => this.#accounts.has(id)))
        throw new Failure(`${this.#options.path} changed while it was read (line ${line}). Import it again.`);
      waiting.push({ line, transfer: outcome.transfer });
      if (waiting.length === BATCH) {
        await this.#send(waiting);
        waiting = [];
      }
    }
    if (waiting.length > 0 && !this.#fault && !this.#mustStop()) await this.#send(waiting);
    await Promise.all(this.#inFlight.keys());
    if (this.#fault) throw this.#fault.error;
  }

  /** Two rows with the same id are never on their way in two batches: which one counts would be a matter of luck. */
  async #send(rows: readonly Waiting[]): Promise<void> {
    const ids = new Set(rows.map(({ transfer }) => transfer.id));
    const repeats = (others: ReadonlySet<string>): boolean => rows.some(({ transfer }) => others.has(transfer.id));
    while (this.#inFlight.size >= IN_FLIGHT || [...this.#inFlight.values()].some(repeats)) await Promise.race(this.#inFlight.keys());
    if (this.#fault || this.#mustStop()) return;
    const flight: Promise<void> = this.#options
      .batch(rows.map(({ transfer }) => transfer))
      .then((results) => this.#take(rows, results))
      .catch((error: unknown) => void (this.#fault ??= { error }))
      .finally(() => this.#inFlight.delete(flight));
    this.#inFlight.set(flight, ids);
  }

  #take(rows: readonly Waiting[], results: readonly ResultBody[]): void {
    if (results.length !== rows.length)
      throw new Failure(`A batch of ${rows.length} operations was answered with ${results.length} results.`);
    for (const [i, { line }] of rows.entries()) {
      const result = results[i]!;
      this.#position = Math.max(this.#position, result.position ?? 0);
      if (result.status === 'rejected') {
        this.#refusedByLedger = true;
        this.#refuse({ line, reason: result.code ?? 'rejected', problem: result.detail ?? 'The ledger refused it.' });
      } else if (result.replayed) this.#replayed += 1;
      else this.#posted += 1;
    }
    this.#options.onProgress(this.#posted + this.#replayed + this.#refused, this.#rows);
  }

  #mustStop(): boolean {
    return this.#refused > 0 && this.#options.onError === 'stop';
  }

  #refuse(refusal: Refusal): void {
    this.#refused += 1;
    this.#reasons[refusal.reason] = (this.#reasons[refusal.reason] ?? 0) + 1;
    if (this.#refusals.length < KEPT_REFUSALS) this.#refusals.push(refusal);
    this.#options.onRefusal(refusal);
  }

  #summary(stopped: boolean): ImportSummary {
    return {
      ledger: this.#options.ledger,
      rows: this.#rows,
      posted: this.#posted,
      replayed: this.#replayed,
      refused: this.#refused,
      reasons: this.#reasons,
      refusals: this.#refusals,
      accounts: this.#accounts.size,
      stopped,
      position: this.#position,
      refusedByLedger: this.#refusedByLedger,
    };
  }
}
