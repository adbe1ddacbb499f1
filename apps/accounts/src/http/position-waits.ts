import { setTimeout as pause } from 'node:timers/promises';

/** A ledger as its tenant calls it. */
export interface LedgerName {
  readonly tenant: string;
  readonly ledger: string;
}

/** The positions that the books have reached, in the order of the names; 0 for a ledger they do not know. */
export type PositionsOf = (names: readonly LedgerName[]) => Promise<readonly number[]>;

/** crowded: so many wait already that this one did not. */
export type Waited = 'reached' | 'late' | 'crowded';

interface Wait {
  readonly name: LedgerName;
  readonly position: number;
  /** ms of `performance.now()`. */
  readonly until: number;
  readonly settle: (waited: Waited) => void;
  readonly fail: (error: unknown) => void;
}

const LONGEST_WAIT_MS = 2_000;
const MOST_WAITING = 1_000;
const LOOK_EVERY_MS = 20;

/** Readers that wait for a position: one question to the database serves all of them. */
export class PositionWaits {
  private waiting: Wait[] = [];

  constructor(private readonly positionsOf: PositionsOf) {}

  /** Answers as soon as the books have come so far, after 2 s, or at once where 1,000 others wait already. */
  reached(name: LedgerName, position: number): Promise<Waited> {
    if (this.waiting.length >= MOST_WAITING) return Promise.resolve('crowded');
    return new Promise((settle, fail) => {
      this.waiting.push({ name, position, until: performance.now() + LONGEST_WAIT_MS, settle, fail });
      if (this.waiting.length === 1) void this.watch();
    });
  }

  private async watch(): Promise<void> {
    while (this.waiting.length > 0) {
      await pause(LOOK_EVERY_MS);
      const asked = this.waiting;
      try {
        const positions = await this.positionsOf(asked.map(({ name }) => name));
        const now = performance.now();
        const settled = new Set<Wait>();
        asked.forEach((wait, index) => {
          const reached = positions[index]! >= wait.position;
          if (!reached && now < wait.until) return;
          settled.add(wait);
          wait.settle(reached ? 'reached' : 'late');
        });
        this.waiting = this.waiting.filter((wait) => !settled.has(wait));
      } catch (error) {
        for (const wait of this.waiting) wait.fail(error);
        this.waiting = [];
      }
    }
  }
}
