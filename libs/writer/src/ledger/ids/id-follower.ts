import { setTimeout as wait } from 'node:timers/promises';
import type { CommandIds, IndexEntry, Standing } from './command-ids.js';

/** Gathering for a moment turns many small transactions into a few. */
const GATHER_MS = 50;
const RETRY_MS = 500;
const CHUNK = 2_000;
/** Beyond this many the writer refuses more: memory must not grow because the index stands still. */
export const MAX_UNINDEXED = 50_000;

/** Follows one journal's writer with the durable index, off the writer's path. */
export class IdFollower {
  private entries: IndexEntry[] = [];
  private standing: Standing = { nextExpiry: null, closedThrough: null };
  private position: number;
  private running: Promise<void> | null = null;

  constructor(
    private readonly ids: CommandIds,
    private readonly ledger: string,
    /** How far the index is durable. */
    public through: number,
    private readonly signal: AbortSignal,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.position = through;
  }

  /** @param position the last position of the journal that these entries cover, and at which it stands as said. */
  follow(entries: readonly IndexEntry[], position: number, standing: Standing): void {
    this.entries.push(...entries);
    this.position = position;
    this.standing = standing;
    this.running ??= this.run();
  }

  get unindexed(): number {
    return this.position - this.through;
  }

  /** Resolves when everything followed so far is in the index, or the signal has ended it. */
  async caughtUp(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.through < this.position && !this.signal.aborted) {
        await wait(GATHER_MS);
        await this.write();
      }
    } finally {
      this.running = null;
    }
  }

  private async write(): Promise<void> {
    const chunk = this.entries.slice(0, CHUNK);
    const through = chunk.length === this.entries.length ? this.position : chunk.at(-1)!.position;
    try {
      await this.ids.add(this.ledger, chunk, through, this.standing);
      this.entries = this.entries.slice(chunk.length);
      this.through = through;
    } catch (error) {
      this.onFault(error);
      await wait(RETRY_MS, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }
}
