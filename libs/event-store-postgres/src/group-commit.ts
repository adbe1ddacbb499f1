import { AppendRefused, type Appended } from '@mizan/event-store';

/** What one commit may hold. A single append always fits. */
const MOST_APPENDS = 256;
const MOST_BYTES = 8 * 1024 * 1024;
/** What may wait for the next commits; beyond it, an append is refused at once. */
const MOST_WAITING_APPENDS = 8192;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

export interface Append {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly events: readonly string[];
  readonly bytes: number;
}

interface Waiting extends Append {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** While one commit is on its way, the next appends gather; they then share the next one. Each gets its own result. */
export class GroupCommit {
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private committing: Promise<void> | null = null;
  private closed = false;

  /** @param commit writes these appends in one transaction and gives one result for each, in order. */
  constructor(private readonly commit: (appends: readonly Append[]) => Promise<readonly Appended[]>) {}

  append(append: Append): Promise<Appended> {
    if (this.closed) throw new AppendRefused('The event store is closed.');
    if (this.waiting.length >= MOST_WAITING_APPENDS || this.waitingBytes + append.bytes > MOST_WAITING_BYTES)
      throw new AppendRefused('Too many appends wait for the database. Try again a little later.', true);
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...append, resolve, reject });
      this.waitingBytes += append.bytes;
      this.committing ??= this.commitAll();
    });
  }

  /** Commits what waits and refuses what comes later. */
  async close(): Promise<void> {
    this.closed = true;
    await this.committing;
  }

  private async commitAll(): Promise<void> {
    await Promise.resolve(); // Appends of the same turn of the event loop go together.
    while (this.waiting.length > 0) {
      const group = this.nextGroup();
      try {
        const results = await this.commit(group);
        for (const [index, { resolve }] of group.entries()) resolve(results[index]!);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.committing = null;
  }

  /** The oldest that fit, with the appends of one stream next to each other, in the order they came. */
  private nextGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const append of this.waiting.slice(0, MOST_APPENDS)) {
      if (count > 0 && bytes + append.bytes > MOST_BYTES) break;
      bytes += append.bytes;
      count += 1;
    }
    this.waitingBytes -= bytes;
    const group = this.waiting.splice(0, count);
    return group.sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));
  }
}
