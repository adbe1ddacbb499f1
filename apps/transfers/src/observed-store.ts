import { traceparentOf } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { inTraces } from '@mizan/messaging';
import { SpanKind } from '@opentelemetry/api';

/**
 * A store whose appends are measured, and belong to the traces of the events they make durable: the writer appends for
 * many callers at once, so the trace of whoever woke it says nothing.
 */
export function observedStore(store: EventStore, committed: (events: number) => void): EventStore {
  return {
    limits: store.limits,
    append: async (stream, expectedVersion, events) => {
      const append = () => store.append(stream, expectedVersion, events);
      const attributes = { 'mizan.events': events.length };
      const appended = await inTraces('append', SpanKind.INTERNAL, attributes, () => events.map(traceparentOf), append);
      if (appended.status === 'appended') committed(events.length);
      return appended;
    },
    read: (stream, after, limit) => store.read(stream, after, limit),
    readBackwards: (stream, before, limit) => store.readBackwards(stream, before, limit),
    version: (stream) => store.version(stream),
    readAll: (after, limit) => store.readAll(after, limit),
    heads: (after, limit) => store.heads(after, limit),
    subscribe: (after, signal) => store.subscribe(after, signal),
  };
}
