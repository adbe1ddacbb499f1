import { type Attributes, type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { type StreamMessage, traceparentOf } from '@mizan/contracts';
import { reasonOf } from './poison.js';
import type { Message } from './feed-relay.js';

/** The most traces that one span names beside its own. */
const MOST_LINKS = 128;

const tracer = trace.getTracer('@mizan/messaging');

/** Whether traces are recorded: then somebody knows how to write them into headers. */
const recording = (): boolean => propagation.fields().length > 0;

const contextOf = (traceparent: string): Context => propagation.extract(ROOT_CONTEXT, { traceparent });

/**
 * Does work for events in one span, which belongs to the trace of the first of them and names the others: one transaction
 * serves events of many traces. Where there is no trace, or nobody records, the work alone is done.
 * @param traceparents of the events, read only where traces are recorded.
 */
export async function inTraces<T>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  traceparents: () => Iterable<string | null>,
  work: () => Promise<T>,
): Promise<T> {
  if (!recording()) return work();
  const [first, ...others] = ofEachTrace(traceparents());
  if (first === undefined) return context.with(ROOT_CONTEXT, work);
  const links = others.flatMap((other) => trace.getSpanContext(contextOf(other)) ?? []).map((of) => ({ context: of }));
  const parent = contextOf(first);
  const span = tracer.startSpan(name, { kind, attributes, links }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: reasonOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** The traces in which the events of these messages came about. */
export function* tracesOf(messages: readonly StreamMessage[]): Generator<string | null> {
  for (const { events } of messages) for (const { event } of events) yield traceparentOf(event);
}

/** Sends messages, each in a span of its own trace: who reads the message goes on from there. */
export async function sending(
  topic: string,
  messages: readonly Message[],
  send: (carrying: readonly Message[]) => Promise<void>,
): Promise<void> {
  if (!recording()) return send(messages);
  const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': topic, 'messaging.operation.type': 'send' };
  const spans = messages.map(({ headers: { traceparent } }) =>
    traceparent === undefined ? null : tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, contextOf(traceparent)),
  );
  const carrying = messages.map((message, index) => {
    const span = spans[index];
    if (!span) return message;
    const headers = { ...message.headers };
    propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
    return { ...message, headers };
  });
  try {
    await send(carrying);
  } catch (error) {
    for (const span of spans) span?.setStatus({ code: SpanStatusCode.ERROR, message: reasonOf(error) });
    throw error;
  } finally {
    for (const span of spans) span?.end();
  }
}

/** The first of each trace. */
function ofEachTrace(traceparents: Iterable<string | null>): readonly string[] {
  const found = new Map<string, string>();
  for (const each of traceparents) {
    const traceId = each?.split('-')[1];
    if (traceId !== undefined && !found.has(traceId)) found.set(traceId, each!);
    if (found.size > MOST_LINKS) break;
  }
  return [...found.values()];
}
