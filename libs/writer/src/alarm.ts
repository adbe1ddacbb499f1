import type { CheckedClock } from './checked-clock.js';

/** How often the clock is looked at while something is to fall due, at the least, ms. */
const TICK_MS = 500;
/** How often it rings where nothing is, ms. */
const QUIET_MS = 2_000;

/** Wakes a writer when its next deadline comes, and now and then to look at its stream's end: with or without traffic. */
export class Alarm {
  private timer: NodeJS.Timeout | null = null;

  /** @param isDue whether there is something to do by now. */
  constructor(
    private readonly clock: CheckedClock,
    private readonly isDue: () => boolean,
    private readonly ring: () => void,
  ) {}

  /**
   * @param nextDue when it is to ring, ms since the epoch; null where nothing falls due.
   * @param sureAt when the stream's end was last looked at, by the monotonic clock, ms.
   */
  set(nextDue: number | null, sureAt: number): void {
    this.silence();
    const inMs = nextDue === null ? QUIET_MS : nextDue - this.clock.now();
    const longestMs = nextDue === null ? QUIET_MS : TICK_MS;
    // Clocks are set anew now and then, and what is due could not be written a moment ago.
    this.timer = setTimeout(
      () => {
        if (this.isDue() || this.clock.monotonic() - sureAt >= QUIET_MS) this.ring();
        else this.set(nextDue, sureAt);
      },
      inMs > 0 ? Math.min(inMs, longestMs) : longestMs,
    ).unref();
  }

  silence(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
