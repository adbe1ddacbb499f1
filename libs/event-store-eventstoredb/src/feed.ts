import type { FeedToken } from '@mizan/event-store';
import { type Walked, allAfter } from './all-after.js';
import { type Pause, catchUp } from './catch-up.js';
import type { EventStoreClient, LogPosition } from './client.js';
import type { Calls } from './deadline.js';
import { positionOf } from './position-token.js';
import { type WholeAppend, WholeAppends } from './whole-appends.js';

/** Of so many tokens it is known how far nothing follows them. Who reads the feed asks after the same few. */
const MOST_QUIET = 16;

/** The appends of all streams whose names begin with one of the prefixes, in the order of the server's log. */
export class Feed {
  /**
   * After a token nothing of ours stands before its place here; what was remembered last comes last. Where others write a great deal, it need
   * not be looked through again each time somebody asks what follows a token, nor by who gave up on the way.
   */
  private readonly quiet = new Map<FeedToken | null, LogPosition>();

  constructor(
    private readonly client: EventStoreClient,
    private readonly prefixes: readonly string[],
    private readonly deadlineMs: number,
    private readonly calls: Calls,
  ) {}

  /** Whole appends after a token, to the end as of now. @throws RangeError for a token that is none. */
  async *after(token: FeedToken | null): AsyncGenerator<WholeAppend> {
    const appends = new WholeAppends();
    let last = token;
    for await (const item of allAfter(this.client, this.prefixes, this.startOf(token), this.deadlineMs, this.calls)) {
      if (isWalked(item)) {
        this.remember(last, item.walkedTo, appends.open);
        continue;
      }
      const append = appends.take(item);
      if (!append) continue;
      last = append.token;
      yield append;
    }
  }

  /** Whole appends after a token as they come, and a word where there is nothing more for now. */
  async *from(token: FeedToken | null, signal: AbortSignal): AsyncGenerator<WholeAppend | 'nothing more'> {
    const appends = new WholeAppends();
    let last = token;
    for await (const item of catchUp(this.client, this.prefixes, this.startOf(token), signal, this.deadlineMs, this.calls)) {
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
    return this.quiet.get(token) ?? position;
  }

  private remember(token: FeedToken | null, until: LogPosition | null, open: boolean): void {
    const known = this.quiet.get(token) ?? positionOf(token);
    if (!until || open || until.commit <= (known?.commit ?? -1n)) return;
    this.quiet.delete(token);
    this.quiet.set(token, until);
    const [oldest = null] = this.quiet.keys();
    if (this.quiet.size > MOST_QUIET) this.quiet.delete(oldest);
  }
}

const isWalked = (item: object): item is Walked => 'walkedTo' in item;
const isPause = (item: object): item is Pause => 'quietUntil' in item;
