/** An answer that took longer says too little about the moment it was given, ms. */
const MAX_ROUND_TRIP_MS = 1_000;
/** How far the clock may be from the database's before nothing is written any more, ms. */
export const MAX_CLOCK_DRIFT_MS = 2_000;

/**
 * The writer's clock. It remembers when it last agreed with the database's and carries that on with
 * the monotonic clock, so that a jump of the wall clock is seen before a wrong time is written. Business time, which is what is
 * written, may be ahead of both where a clock is moved on purpose: the real clocks are compared, and then that is added.
 */
export class CheckedClock {
  private checked: { readonly databaseMs: number; readonly monotonicMs: number } | null = null;

  /** @param aheadMs how far business time is ahead of the wall clock, ms; it never shrinks. */
  constructor(
    private readonly wallMs: () => number = Date.now,
    private readonly monotonicMs: () => number = () => performance.now(),
    private readonly aheadMs: () => number = () => 0,
  ) {}

  /** @param askedAt the monotonic time when the database was asked; its answer lies between then and now. */
  check(databaseMs: number, askedAt: number): void {
    const answeredAt = this.monotonicMs();
    if (answeredAt - askedAt > MAX_ROUND_TRIP_MS) return;
    this.checked = { databaseMs, monotonicMs: (askedAt + answeredAt) / 2 };
  }

  monotonic(): number {
    return this.monotonicMs();
  }

  /** The present moment, ms since the epoch, from one reading of the clock; null where it may not be written. */
  checkedNow(): number | null {
    const now = this.wallMs();
    const drift = this.driftAt(now);
    return drift !== null && Math.abs(drift) <= MAX_CLOCK_DRIFT_MS ? now + this.aheadMs() : null;
  }

  /** For reading what callers send: how far ahead their moments lie. Nothing of it is written. */
  now(): number {
    return this.wallMs() + this.aheadMs();
  }

  /** How far the clock is ahead of the database's, ms; null before the first comparison. */
  drift(): number | null {
    return this.driftAt(this.wallMs());
  }

  /** Why no moment may be written, in words for an operator. */
  complaint(): string {
    const drift = this.drift();
    if (drift === null) return 'The clock has not been compared with the database’s yet.';
    return `The clock is ${Math.round(drift)} ms away from the database’s, and nothing is written until they agree within ${MAX_CLOCK_DRIFT_MS} ms.`;
  }

  private driftAt(wallMs: number): number | null {
    if (this.checked === null) return null;
    return wallMs - (this.checked.databaseMs + this.monotonicMs() - this.checked.monotonicMs);
  }
}
