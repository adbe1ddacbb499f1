import { checkConnectionString } from './connection-string.js';

/** The place of an event in the server's log. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** An event as the client takes it: bytes alone, so that nothing is serialised on the way. */
export interface BinaryEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as the client gives it back. Its metadata is parsed where it is JSON. */
export interface RecordedEvent {
  readonly streamId: string;
  readonly revision: bigint;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly position?: LogPosition;
}

export interface Resolved {
  readonly event?: RecordedEvent;
}

/** A read: the one client gives a Node stream, which has to be cancelled, the other a generator. */
export interface Reading extends AsyncIterable<Resolved> {
  on?(event: 'error', listener: (error: Error) => void): unknown;
  destroy?(): unknown;
  cancel?(): Promise<void>;
}

/** A catch-up subscription: a Node stream of both clients. */
export interface Subscription {
  read(): Resolved | null;
  on(event: 'confirmation' | 'readable' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'readable', listener: () => void): unknown;
  resume(): unknown;
  unsubscribe(): Promise<void>;
}

interface CallOptions {
  readonly requiresLeader: boolean;
  readonly deadline: number;
}

/** What the one client calls `expectedRevision`, the other calls `streamState`. Each overlooks the other's name. */
export interface AppendOptions extends CallOptions {
  readonly expectedRevision: bigint | 'no_stream';
  readonly streamState: bigint | 'no_stream';
}

export interface ReadOptions extends CallOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly fromRevision: bigint | 'end';
  readonly maxCount: number;
}

/** Which streams: the server looks at the beginning of their names. */
interface Filter {
  readonly filterOn: 'streamName';
  readonly prefixes: string[];
}

export interface ReadAllOptions extends CallOptions {
  readonly direction: 'forwards' | 'backwards';
  readonly fromPosition: LogPosition | 'start' | 'end';
  readonly maxCount: number;
  /** The one client hands it to the server, the other knows none for this call. */
  readonly filter?: Filter;
}

export interface SubscribeOptions {
  readonly requiresLeader: boolean;
  readonly fromPosition: LogPosition | 'start';
  readonly filter: Filter & {
    /** How many events the server looks at before it says how far it has come, where none passes the filter. */
    readonly maxSearchWindow: number;
    readonly checkpointInterval: number;
    checkpointReached(subscription: unknown, position: LogPosition): Promise<void>;
  };
}

/** What the adapter uses of `@eventstore/db-client`, and of its successor `@kurrent/kurrentdb-client` alike. */
export interface EventStoreClient {
  appendToStream(
    stream: string,
    events: BinaryEvent[],
    options: AppendOptions,
  ): Promise<{ success: boolean; nextExpectedRevision: bigint }>;
  readStream(stream: string, options: ReadOptions): Reading;
  readAll(options: ReadAllOptions): Reading;
  subscribeToAll(options: SubscribeOptions): Subscription;
  dispose(): Promise<void>;
}

/**
 * Makes each append of a client a call of its own.
 *
 * By itself it would put many on one stream of messages. The older client keeps those that wait in one map for the whole process: where one
 * such stream breaks, the appends of every other are forgotten, and the answer to a forgotten one throws where nobody can catch it. A client
 * that has heard of a new leader keeps the stream to the old one, so one leader change and the end of that node would be enough. And where a server
 * ends the stream in good order, both clients go on with it, and no append is ever answered again. They ask the server whether it takes such
 * streams; here they hear that this one does not.
 */
export const callingForEachAppend = <T extends EventStoreClient>(client: T): T => Object.assign(client, { supports: async () => false });

/** The client of `@eventstore/db-client` for a connection string. @throws for one that it cannot read; no error repeats it. */
export async function eventStoreDbClient(url: string): Promise<EventStoreClient> {
  // Only here: both clients write their messages into one place of the process, so that not both of them can be loaded.
  const { EventStoreDBClient } = await import('@eventstore/db-client');
  checkConnectionString(url);
  try {
    return callingForEachAppend(EventStoreDBClient.connectionString(url) as unknown as EventStoreClient);
  } catch (error) {
    // Whoever prints the error would print the password.
    if (error instanceof Error) Reflect.deleteProperty(error, 'connectionString');
    throw error;
  }
}
