import {
  AppendRefused,
  type Appended,
  type FeedHeads,
  type FeedPage,
  type FeedToken,
  MAX_FEED_APPENDS,
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
  type OpenEventStore,
  type StoredEvent,
  appendBytes,
  headsOf,
  pageLimit,
} from '@mizan/event-store';
import { setTimeout as pause } from 'node:timers/promises';
import { refuseTooLarge, versionInConflict } from './answers.js';
import { type EventStoreClient, callingForEachAppend, eventStoreDbClient } from './client.js';
import { Calls, Deadline, DeadlinePassed } from './deadline.js';
import { Feed } from './feed.js';
import { type Owner, belongTo } from './ownership.js';
import { toEvents } from './stored-text.js';
import { answered } from './reading.js';
import { prefixesOf } from './stream-kinds.js';
import { streamPage } from './stream-page.js';
import type { WholeAppend } from './whole-appends.js';

const DEADLINE_MS = 10_000;
/** What may wait for the server; beyond it, an append is refused at once. */
const MOST_WAITING_APPENDS = 8192;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
/** `heads` reads the events too, since the server names no streams without them: after so many bytes it says that more may follow. */
const MOST_HEADS_BYTES = 16 * 1024 * 1024;
/** How often the stream is looked at until it shows what an append conflicted with. */
const LOOK_AGAIN_MS = 10;
/** How long the appends under way may still take when the store is closed. */
const GRACE_MS = 500;

export interface EventStoreDbOptions {
  /** The connection string: hosts, TLS and credentials. */
  readonly url: string;
  /** The feed holds the streams of these kinds, `<kind>-<id>`, and no other can be appended to. */
  readonly kinds: readonly string[];
  /** The database that the streams of these kinds belong to; without one nobody's name is looked for. */
  readonly owner?: Owner;
  /** Makes the client; by default that of `@eventstore/db-client`. */
  readonly connect?: (url: string) => EventStoreClient | Promise<EventStoreClient>;
  /** How long a call may take without any answer. */
  readonly deadlineMs?: number;
}

/** Events in EventStoreDB or KurrentDB. Every read asks the leader. */
export class EventStoreDbStore implements OpenEventStore {
  /** So that data, type and metadata stay below the 1 MiB that the server takes in one append: at most 48 bytes an event besides its text. */
  readonly limits = { events: 4096, bytes: 832 * 1024 };
  private readonly waiting = new Set<Promise<unknown>>();
  private waitingBytes = 0;
  private closed = false;
  private readonly calls = new Calls();
  private readonly feed: Feed;

  private constructor(
    private readonly client: EventStoreClient,
    private readonly prefixes: readonly string[],
    private readonly deadlineMs: number,
  ) {
    this.feed = new Feed(client, prefixes, deadlineMs, this.calls);
  }

  /** @throws what `check` throws, and where the streams belong to another database. */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbStore> {
    const { url, kinds, owner, connect = eventStoreDbClient, deadlineMs = DEADLINE_MS } = options;
    const prefixes = prefixesOf(kinds);
    const store = new EventStoreDbStore(callingForEachAppend(await connect(url)), prefixes, deadlineMs);
    try {
      await store.check();
      if (owner) await belongTo(store.client, prefixes, owner, deadlineMs);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** @throws when the server cannot be reached, has no leader, or does not let us read all of it: not ready. */
  async check(): Promise<void> {
    this.refuseWhenClosed();
    const last = { direction: 'backwards', fromPosition: 'end', maxCount: 1, requiresLeader: true, deadline: this.deadlineMs } as const;
    await answered(this.client.readAll(last), 1, 'reading the end of the feed', this.deadlineMs, this.calls);
  }

  /** Resolves once the appends under way have had their answers or `GRACE_MS` are over. Whatever is under way then is rejected: unknown. */
  async close(): Promise<void> {
    this.closed = true;
    const grace = new Deadline(GRACE_MS, 'closing');
    await grace.before(Promise.allSettled(this.waiting)).catch(() => undefined);
    grace.end();
    this.calls.failAll(new Error('The event store is closed.'));
    await this.client.dispose();
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw new Error('The event store is closed.');
  }

  async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const bytes = appendBytes(stream, expectedVersion, events, this.limits);
    if (!this.isOwn(stream))
      throw new AppendRefused(
        `Mistake in the program: '${stream}' would not be in the feed. Streams of this store begin with ${this.prefixes.map((prefix) => `'${prefix}'`).join(' or ')}.`,
      );
    if (this.closed) throw new AppendRefused('The event store is closed.');
    if (this.waiting.size >= MOST_WAITING_APPENDS || this.waitingBytes + bytes > MOST_WAITING_BYTES)
      throw new AppendRefused('Too many appends wait for EventStoreDB. Try again a little later.', true);
    const answer = this.write(stream, expectedVersion, events);
    this.waiting.add(answer);
    this.waitingBytes += bytes;
    return answer.finally(() => {
      this.waiting.delete(answer);
      this.waitingBytes -= bytes;
    });
  }

  private async write(stream: string, expectedVersion: number, texts: readonly string[]): Promise<Appended> {
    const expected = expectedVersion === 0 ? 'no_stream' : BigInt(expectedVersion - 1);
    const options = { expectedRevision: expected, streamState: expected, requiresLeader: true, deadline: this.deadlineMs } as const;
    const deadline = new Deadline(this.deadlineMs * 2, `appending to ${stream}`, this.calls);
    const written = this.client.appendToStream(stream, toEvents(stream, expectedVersion, texts), options);
    try {
      const { success } = await deadline.before(written);
      if (!success) throw new Error(`EventStoreDB neither took the append to ${stream} nor said why.`);
      // Never by the revision in the answer: of a repeat it need not be the stream's.
      return { status: 'appended', version: expectedVersion + texts.length };
    } catch (error) {
      refuseTooLarge(error);
      const actual = versionInConflict(error);
      if (actual === null || actual === expectedVersion) throw error;
      await this.shown(stream, actual);
      return { status: 'conflict', actual };
    } finally {
      deadline.end();
    }
  }

  /**
   * Resolves when the stream shows this version. The server tells of a conflict as soon as it has the other's events, also where they are not
   * yet on enough of its nodes: a new leader might never have heard of them, and the conflict would not last.
   */
  private async shown(stream: string, version: number): Promise<void> {
    const until = performance.now() + this.deadlineMs;
    while ((await this.lastVersion(stream)) < version) {
      if (performance.now() > until)
        throw new DeadlinePassed(
          `${stream} did not show version ${version}, with which an append conflicted, within ${this.deadlineMs} ms.`,
        );
      await pause(LOOK_AGAIN_MS);
    }
  }

  async read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]> {
    this.refuseWhenClosed();
    if (!this.isOwn(stream)) return [];
    const most = pageLimit(limit, MAX_PAGE_EVENTS);
    return streamPage(this.client, stream, 'forwards', BigInt(Math.max(0, after)), most, this.deadlineMs, this.calls);
  }

  async readBackwards(stream: string, before: number, limit: number): Promise<readonly StoredEvent[]> {
    this.refuseWhenClosed();
    if (!this.isOwn(stream)) return [];
    const most = pageLimit(limit, MAX_PAGE_EVENTS);
    if (before <= 1) return [];
    const from = before > Number.MAX_SAFE_INTEGER ? 'end' : BigInt(before - 2);
    return streamPage(this.client, stream, 'backwards', from, most, this.deadlineMs, this.calls);
  }

  async version(stream: string): Promise<number> {
    this.refuseWhenClosed();
    if (!this.isOwn(stream)) return 0;
    return this.lastVersion(stream);
  }

  /** The streams of other owners lie in the same cluster: to this store they are not there. */
  private isOwn(stream: string): boolean {
    return this.prefixes.some((prefix) => stream.startsWith(prefix));
  }

  private async lastVersion(stream: string): Promise<number> {
    const [last] = await streamPage(this.client, stream, 'backwards', 'end', 1, this.deadlineMs, this.calls);
    return last?.version ?? 0;
  }

  async readAll(after: FeedToken | null, limit: number): Promise<FeedPage> {
    const most = pageLimit(limit, MAX_FEED_APPENDS);
    const { appends } = await this.take(after, most, MAX_PAGE_BYTES);
    return pageOf(appends, after);
  }

  async heads(after: FeedToken | null, limit: number): Promise<FeedHeads> {
    const most = pageLimit(limit, MAX_FEED_APPENDS);
    const { appends, more } = await this.take(after, most, MOST_HEADS_BYTES);
    return {
      heads: headsOf(appends),
      next: appends.at(-1)?.token ?? after,
      full: more || appends.length === most,
    };
  }

  /** The next appends within these bounds, at least one if there is one, and whether there are more beyond the bytes. */
  private async take(after: FeedToken | null, most: number, mostBytes: number): Promise<{ appends: WholeAppend[]; more: boolean }> {
    this.refuseWhenClosed();
    const appends: WholeAppend[] = [];
    let bytes = 0;
    for await (const append of this.feed.after(after)) {
      if (appends.length > 0 && bytes + append.bytes > mostBytes) return { appends, more: true };
      appends.push(append);
      bytes += append.bytes;
      if (appends.length === most) break;
    }
    return { appends, more: false };
  }

  async *subscribe(after: FeedToken | null, signal: AbortSignal): AsyncGenerator<FeedPage> {
    this.refuseWhenClosed();
    let page: WholeAppend[] = [];
    let bytes = 0;
    const turned = (): FeedPage => {
      const done = pageOf(page, after);
      page = [];
      bytes = 0;
      return done;
    };
    for await (const item of this.feed.from(after, signal)) {
      const append = item === 'nothing more' ? null : item;
      const full = append !== null && (page.length === MAX_FEED_APPENDS || bytes + append.bytes > MAX_PAGE_BYTES);
      if (page.length > 0 && (append === null || full)) yield turned();
      if (signal.aborted) return;
      if (append === null) continue;
      page.push(append);
      bytes += append.bytes;
    }
  }
}

function pageOf(appends: readonly WholeAppend[], after: FeedToken | null): FeedPage {
  return {
    appends: appends.map(({ token, stream, first, events }) => ({ token, stream, first, events })),
    next: appends.at(-1)?.token ?? after,
  };
}
