/** A call had no answer in time: what became of it is not known. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** The calls under way. A client that is disposed ends its own as if each had its whole answer; here they fail, and so does any that begins later. */
export class Calls {
  private readonly underWay = new Set<(error: Error) => void>();
  private over: Error | null = null;

  begin(fail: (error: Error) => void): void {
    if (this.over) fail(this.over);
    else this.underWay.add(fail);
  }

  end(fail: (error: Error) => void): void {
    this.underWay.delete(fail);
  }

  failAll(error: Error): void {
    this.over = error;
    for (const fail of this.underWay) fail(error);
    this.underWay.clear();
  }
}

/** For each part of an answer in turn: as long as the parts come in time, the whole may take longer. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private readonly fail: (error: Error) => void;
  private readonly failed: Promise<never>;

  /** @param calls where the call belongs to: it fails with them. */
  constructor(
    ms: number,
    what: string,
    private readonly calls?: Calls,
  ) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.fail = reject;
    this.failed.catch(() => undefined);
    this.timer = setTimeout(() => reject(new DeadlinePassed(`EventStoreDB did not answer within ${ms} ms: ${what}.`)), ms);
    calls?.begin(this.fail);
  }

  /** Rejects where it has not settled in time. The call itself may go on. */
  async before<T>(promise: Promise<T>): Promise<T> {
    const part = await Promise.race([this.failed, promise]);
    this.timer.refresh();
    return part;
  }

  end(): void {
    clearTimeout(this.timer);
    this.calls?.end(this.fail);
  }
}
