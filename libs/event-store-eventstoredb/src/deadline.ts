/** A call had no answer in time: what became of it is not known. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** For each part of an answer in turn: as long as the parts come in time, the whole may take longer. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private readonly passed: Promise<never>;

  constructor(ms: number, what: string) {
    let reject: (error: Error) => void;
    this.passed = new Promise<never>((_, fail) => (reject = fail));
    this.passed.catch(() => undefined);
    this.timer = setTimeout(() => reject(new DeadlinePassed(`EventStoreDB did not answer within ${ms} ms: ${what}.`)), ms);
  }

  /** Rejects where it has not settled in time. The call itself may go on. */
  async before<T>(promise: Promise<T>): Promise<T> {
    const part = await Promise.race([promise, this.passed]);
    this.timer.refresh();
    return part;
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
