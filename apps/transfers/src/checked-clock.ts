/** How far the clock may be from the database's before nothing is written any more, ms. */
export const MAX_CLOCK_DRIFT_MS = 2_000;

/**
 * The writer's clock. It remembers when it last agreed with the database's and carries that on with
 * the monotonic clock, so that a jump of the wall clock is seen before a wrong time is written.
 */
export class CheckedClock {
  private checked: { readonly databaseMs: number; readonly monotonicMs: number } | null = null;

  constructor(
    private readonly wallMs: () => number = Date.now,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  now(): number {
    return this.wallMs();
  }

  /** @param askedAt the monotonic time when the database was asked; its answer lies between then and now. */
  check(databaseMs: number, askedAt: number): void {
    const answeredAt = this.monotonicMs();
    this.checked = { databaseMs, monotonicMs: (askedAt + answeredAt) / 2 };
  }

  monotonic(): number {
    return this.monotonicMs();
  }

  /** How far the wall clock is ahead of the database's, ms; null before the first check. */
  drift(): number | null {
    if (this.checked === null) return null;
    return this.wallMs() - (this.checked.databaseMs + this.monotonicMs() - this.checked.monotonicMs);
  }

  /** True when a time of this clock may be written. */
  trusted(): boolean {
    const drift = this.drift();
    return drift !== null && Math.abs(drift) <= MAX_CLOCK_DRIFT_MS;
  }
}
