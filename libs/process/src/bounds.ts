/** What one process, one look and one slice may come to. */
export interface Bounds {
  /** Attempts at one step, whatever the process asks for. */
  readonly attempts: number;
  /** Events that a process may decide on one signal. */
  readonly eventsPerSignal: number;
  /** Messages from outside that one process takes in its life. */
  readonly messages: number;
  /** Events in the whole life of one process. */
  readonly events: number;
  /** Things done for one process before the others have their turn. */
  readonly stepsPerLook: number;
  /** How often one append is offered again, after a conflict or an unknown outcome. */
  readonly appends: number;
  /** Timers taken at once. */
  readonly timersPerSlice: number;
  /** Processes looked at side by side, and so calls under way. */
  readonly concurrentCalls: number;
  /** After this long another instance may look at a process whose call is under way. */
  readonly callMs: number;
  /** When a call whose outcome is unknown is asked for again, at first and at the latest. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
}

export const defaultBounds: Bounds = {
  attempts: 10,
  eventsPerSignal: 16,
  messages: 1_000,
  events: 10_000,
  stepsPerLook: 32,
  appends: 8,
  timersPerSlice: 100,
  concurrentCalls: 8,
  callMs: 30_000,
  retryMs: 1_000,
  longestRetryMs: 300_000,
};
