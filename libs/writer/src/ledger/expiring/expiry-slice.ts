/** How many holds one flush may expire. */
const MOST = 500;
/** How long deciding them may take, ms, where commands share the append or wait for the processor: they must not wait noticeably. */
const AMONG_COMMANDS_MS = 2;
/** The same where no command waits: one that comes meanwhile waits for the rest of this flush. */
const ALONE_MS = 5;

/** What expiries may take of one flush. */
export class ExpirySlice {
  private left = MOST;
  private leftMs: number;

  /** @param alone whether no command waits. @param monotonic a clock, ms. */
  constructor(
    alone: boolean,
    private readonly monotonic: () => number,
  ) {
    this.leftMs = alone ? ALONE_MS : AMONG_COMMANDS_MS;
  }

  get isUsedUp(): boolean {
    return this.left === 0 || this.leftMs <= 0;
  }

  /** Expires one hold after the other. @param expireNext false: there is none. @returns false where there may be more. */
  use(most: number, expireNext: () => boolean): boolean {
    for (let taken = 0; taken < most && !this.isUsedUp; taken += 1) {
      const startedAt = this.monotonic();
      if (!expireNext()) return true;
      this.left -= 1;
      this.leftMs -= this.monotonic() - startedAt;
    }
    return false;
  }
}
