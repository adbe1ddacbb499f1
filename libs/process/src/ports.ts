import type { EventStore } from '@mizan/event-store';
import type { Json, Rejection } from './definition.js';

/** A call as it goes out. The same id always has the same content. */
export interface SentCall {
  readonly id: string;
  readonly step: string;
  readonly content: Json;
  /** The event that recorded it, `<stream>@<version>`. */
  readonly causation: string;
}

export type Answer =
  | { readonly status: 'done'; readonly answer: Json }
  /** Known, and final: nothing will ever be done under this id. */
  | { readonly status: 'refused'; readonly rejection: Rejection };

/** Whoever does what processes call for. Each id takes effect once at most. */
export interface Calls {
  /** A rejected promise means *unknown*: it may have taken effect, or may still. */
  send(call: SentCall): Promise<Answer>;
  /** What became of a call, by its id; null where nothing is known of it, though one that is under way may still arrive. */
  lookup(call: SentCall): Promise<Answer | null>;
}

/** A process is to be looked at from this moment on. */
export interface Timer {
  readonly process: string;
  /** The version of the process when this was set. */
  readonly version: number;
  /** Ms since the epoch. */
  readonly at: number;
}

/** Durable rows, one for each process that is waiting or under way. */
export interface Timers {
  /** Puts the row of its process in place of one that was set at the same version or an earlier one. */
  set(timer: Timer): Promise<void>;
  /** Removes the row of a process where it was set at this version or an earlier one. */
  clear(process: string, version: number): Promise<void>;
  /** The rows with `at` <= `now`, the earliest first, `limit` at most. They stay until they are set anew or cleared. */
  due(now: number, limit: number): Promise<readonly Timer[]>;
}

/** Which instance takes due timers. Two that believe it at once do the same work twice, and no harm. */
export interface Lease {
  held(): Promise<boolean>;
}

/** Ms since the epoch: one clock for the whole platform. */
export type Clock = () => number;

export interface Ports {
  readonly store: EventStore;
  readonly calls: Calls;
  readonly timers: Timers;
  readonly lease: Lease;
  readonly clock: Clock;
  /** Told of each call whose outcome is unknown, and why; it is asked for again. */
  readonly unknown?: (call: SentCall, why: unknown) => void;
}
