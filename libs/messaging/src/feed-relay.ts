import { MAX_MESSAGE_BYTES, decodeEnvelope } from '@mizan/contracts';
import type { EventStore, FeedAppend, FeedPage, FeedToken } from '@mizan/event-store';
import { sending } from './carried-traces.js';
import { encodeMessages } from './stream-message.js';
import { type Log, silent } from './kafka-client.js';
import { type Joined, type KeptTextsReader, joinTexts } from './kept-texts.js';
import { backoffMs, inTime, pause, unlessAborted, within } from './patience.js';
import { reasonOf } from './poison.js';
import type { RelayClaim, RelayTokens } from './relay-tokens.js';

/** One message on its way to the bus: an append, or a part of a large one. */
export interface Message {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: MessageHeaders;
}

/** What a consumer reads of a message before its bytes. Those of an older release have the token and the trace alone: no reader needs the others. */
export type MessageHeaders = {
  readonly [FEED_TOKEN_HEADER]: string;
  readonly traceparent?: string;
  /** The service that owns the stream. */
  readonly owner?: string;
  readonly tenant?: string;
  readonly ledger?: string;
  /** The kinds of its events with their schema versions: `EntryPosted/1,HoldPlaced/1`. */
  readonly kinds: string;
  readonly 'first-version': string;
  readonly 'last-version': string;
};

/** Whose a stream is. */
export interface StreamOwner {
  readonly tenant: string | null;
  /** Where the stream is a ledger's. */
  readonly ledger: string | null;
}

/** Where a relay publishes. */
export interface Publisher {
  connect(): Promise<Publishing>;
}
export interface Publishing {
  /** Resolves once the bus has all of these, in this order. */
  send(messages: readonly Message[]): Promise<void>;
  close(): Promise<void>;
}

export interface FeedRelayOptions {
  /** The name of the claim and of the stored token. */
  readonly name: string;
  readonly store: Pick<EventStore, 'subscribe' | 'readAll'>;
  readonly texts: KeptTextsReader;
  readonly tokens: RelayTokens;
  readonly publisher: Publisher;
  /** The service that owns the streams, and whose each of them is: the headers say so. Nothing where it is not given. */
  readonly origin?: { readonly owner: string; readonly whose: (stream: string) => Promise<StreamOwner> };
  readonly log?: Log;
}

export interface RelayStatus {
  /** waiting: another process relays, or something failed (then lastError says what) and is tried again. */
  readonly state: 'stopped' | 'waiting' | 'relaying';
  readonly connected: boolean;
  /** The place in the feed up to which the broker has everything. */
  readonly lastToken: FeedToken | null;
  readonly lastError: string | null;
  /** When the present state began, RFC 3339. */
  readonly since: string;
}

/** The header of every message: the feed token of its append. */
export const FEED_TOKEN_HEADER = 'feed-token';

const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;
const MESSAGES_PER_SEND = 500;
/** For one send with the client's own retries. A broker that is only slow gets the same messages again. */
const SEND_DEADLINE_MS = 15_000;
const GOODBYE_MS = 1_200;
/** Whoever waits this long for the claim is not the one who relays. */
const STANDBY_AFTER_MS = 2_000;

/**
 * Publishes a service's streams: reads the feed in order, sends each append, and stores its place after the broker's answer.
 * At least once, in order per stream. It only reads the store, so posting never waits for it.
 */
export class FeedRelay {
  private readonly log: Log;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private hasClaimed = false;
  private claimingSince: number | null = null;
  private current: RelayStatus = { state: 'stopped', connected: false, lastToken: null, lastError: null, since: new Date().toISOString() };

  constructor(private readonly options: FeedRelayOptions) {
    this.log = options.log ?? silent;
  }

  status(): RelayStatus {
    return this.current;
  }

  /** How old the oldest append is that was not published yet, seconds; 0 where there is none, null where another process relays. */
  async lagSeconds(): Promise<number | null> {
    const standby = this.claimingSince !== null && performance.now() - this.claimingSince > STANDBY_AFTER_MS;
    if (!this.hasClaimed || standby) return null;
    const { appends } = await this.options.store.readAll(this.current.lastToken, 1);
    const oldest = appends[0]?.events[0];
    return oldest === undefined ? 0 : Math.max(0, Date.now() - Date.parse(decodeEnvelope(oldest).recordedAt)) / 1_000;
  }

  start(): void {
    if (this.current.state !== 'stopped') return;
    this.stopping = new AbortController();
    this.become({ state: 'waiting' });
    this.running = this.run(this.stopping.signal);
  }

  /** Within 3 s, also when the broker is gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await within(2 * GOODBYE_MS, this.running);
    this.become({ state: 'stopped', connected: false });
  }

  /** Session after session, until stopped. */
  private async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const before = this.current.lastToken;
      try {
        await this.session(signal);
      } catch (error) {
        if (signal.aborted) return;
        failures = this.current.lastToken === before ? failures + 1 : 1;
        this.become({ state: 'waiting', connected: false, lastError: reasonOf(error) });
        this.log('warn', 'The relay stopped and tries again', { failures, error: reasonOf(error) });
        await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      }
    }
  }

  /** One claim, one producer, until something fails. A new session starts over from the stored token. */
  private async session(signal: AbortSignal): Promise<void> {
    this.claimingSince = performance.now();
    const claim = await this.options.tokens.claim(this.options.name, signal);
    this.claimingSince = null;
    try {
      const token = await claim.read();
      this.hasClaimed = true;
      this.current = { ...this.current, lastToken: token };
      const publishing = await this.options.publisher.connect();
      try {
        this.become({ state: 'relaying', connected: true, lastToken: token, lastError: null });
        for await (const page of this.options.store.subscribe(token, signal)) await this.relay(page, publishing, claim);
      } finally {
        await within(GOODBYE_MS, publishing.close());
      }
    } finally {
      await claim.release();
    }
  }

  private async relay(page: FeedPage, publishing: Publishing, claim: RelayClaim): Promise<void> {
    const joined = await joinTexts(
      page.appends.map(({ stream, first, events }) => ({
        stream,
        events: events.map((text, index) => ({ version: first + index, text })),
      })),
      this.options.texts,
    );
    const origins = await this.originsOf(page.appends);
    for (const messages of sends(page.appends, joined, origins)) {
      await sending(this.options.name, messages, (carrying) =>
        unlessAborted(inTime(SEND_DEADLINE_MS, publishing.send(carrying), 'The broker does not answer.'), this.stopping.signal),
      );
    }
    if (page.next === null) return;
    await claim.store(page.next);
    this.current = { ...this.current, lastToken: page.next };
  }

  /** One stream after the other: the owner keeps those that it looked up last. */
  private async originsOf(appends: readonly FeedAppend[]): Promise<ReadonlyMap<string, Origin>> {
    const origins = new Map<string, Origin>();
    const { origin } = this.options;
    if (!origin) return origins;
    for (const { stream } of appends) {
      if (origins.has(stream)) continue;
      const { tenant, ledger } = await origin.whose(stream);
      origins.set(stream, { owner: origin.owner, ...(tenant === null ? {} : { tenant }), ...(ledger === null ? {} : { ledger }) });
    }
    return origins;
  }

  private become(change: Partial<RelayStatus>): void {
    this.current = { ...this.current, ...change, since: new Date().toISOString() };
  }
}

type Origin = Pick<MessageHeaders, 'owner' | 'tenant' | 'ledger'>;

/** The messages of many appends in order, in portions that fit the broker's limit for one batch. */
function* sends(appends: readonly FeedAppend[], joined: readonly Joined[], origins: ReadonlyMap<string, Origin>): Generator<Message[]> {
  let portion: Message[] = [];
  let bytes = 0;
  for (const [index, { stream, token }] of appends.entries()) {
    const { events, groups } = joined[index]!;
    for (const { value, traceparent, kinds, first, last } of encodeMessages(stream, events, groups)) {
      if (portion.length > 0 && (bytes + value.length > MAX_MESSAGE_BYTES || portion.length >= MESSAGES_PER_SEND)) {
        yield portion;
        portion = [];
        bytes = 0;
      }
      portion.push({
        key: stream,
        value,
        headers: {
          [FEED_TOKEN_HEADER]: token,
          ...(traceparent === null ? {} : { traceparent }),
          ...origins.get(stream),
          kinds,
          'first-version': String(first),
          'last-version': String(last),
        },
      });
      bytes += value.length;
    }
  }
  if (portion.length > 0) yield portion;
}
