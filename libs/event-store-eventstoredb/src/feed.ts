import type { FeedToken } from '@mizan/event-store';
import { allAfter } from './all-after.js';
import { type Pause, catchUp } from './catch-up.js';
import type { EventStoreClient, LogPosition } from './client.js';
import { positionOf } from './position-token.js';
import { type WholeAppend, WholeAppends } from './whole-appends.js';

/** The appends of all streams with one prefix, in the order of the server's log. */
export class Feed {
  /**
   * After this token nothing of ours stands before this place. Where others write a great deal, it need not be looked through again each time
   * somebody asks what follows a token.
   */
  private quiet: { readonly token: FeedToken | null; readonly until: LogPosition } | null = null;

  constructor(
    private readonly client: EventStoreClient,
    private readonly prefix: string,
    private readonly deadlineMs: number,
  ) {}

  /** Whole appends after a token, to the end as of now. @throws RangeError for a token that is none. */
  async *after(token: FeedToken | null): AsyncGenerator<WholeAppend> {
    const appends = new WholeAppends();
    const events = allAfter(this.client, this.prefix, this.startOf(token), this.deadlineMs);
    let last = token;
    for (let next = await events.next(); ; next = await events.next()) {
      if (next.done) return this.remember(last, next.value, appends.open);
      const append = appends.take(next.value);
      if (!append) continue;
      last = append.token;
      yield append;
    }
  }

  /** Whole appends after a token as they come, and a word where there is nothing more for now. */
  async *from(token: FeedToken | null, signal: AbortSignal): AsyncGenerator<WholeAppend | 'nothing more'> {
    const appends = new WholeAppends();
    let last = token;
    for await (const item of catchUp(this.client, this.prefix, this.startOf(token), signal, this.deadlineMs)) {
      if (isPause(item)) {
        this.remember(last, item.quietUntil, appends.open);
        yield 'nothing more';
        continue;
      }
      const append = appends.take(item);
      if (!append) continue;
      last = append.token;
      yield append;
    }
  }

  private startOf(token: FeedToken | null): LogPosition | null {
    const position = positionOf(token);
    return this.quiet?.token === token ? this.quiet.until : position;
  }

  private remember(token: FeedToken | null, until: LogPosition | null, open: boolean): void {
    if (until && !open && until.commit > (positionOf(token)?.commit ?? -1n)) this.quiet = { token, until };
  }
}

const isPause = (item: object): item is Pause => 'quietUntil' in item;
