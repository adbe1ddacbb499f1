import { traceparentOf } from '@mizan/contracts';
import { InMemoryEventStore } from '@mizan/event-store';
import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { inTraces, tracesOf } from './carried-traces.js';
import { FEED_TOKEN_HEADER, FeedRelay, type Message } from './feed-relay.js';
import { decodeMessage } from './stream-message.js';
import { eventually, noTexts, sumEvent } from './sums.fixture.js';

const traceOf = (n: number): string => String(n).repeat(32);
const traceparent = (n: number, span = n): string => `00-${traceOf(n)}-${String(span).repeat(16)}-01`;
const exporter = new InMemorySpanExporter();
const spans = () => exporter.getFinishedSpans();
const doing = <T>(traceparents: readonly (string | null)[], work: () => Promise<T>) =>
  inTraces('work', SpanKind.CONSUMER, {}, () => traceparents, work);

/** A relay to a bus that keeps what it gets, once it is there at all. */
function relayTo(bus: { there: boolean; readonly got: Message[] }, store: InMemoryEventStore): FeedRelay {
  return new FeedRelay({
    name: 'sums',
    store,
    texts: noTexts,
    tokens: { claim: async () => ({ read: async () => null, store: async () => {}, release: async () => {} }) },
    publisher: {
      connect: async () => {
        if (!bus.there) throw new Error('The bus is gone.');
        return { send: async (messages) => void bus.got.push(...messages), close: async () => {} };
      },
    },
  });
}

/** What a relay makes of two appends: one of events of two traces, one of an event that came about in none. */
async function relayed(): Promise<Message[]> {
  const store = new InMemoryEventStore();
  await store.append('a', 0, [
    sumEvent('a', 1),
    sumEvent('a', 2, { traceparent: traceparent(1) }),
    sumEvent('a', 3, { traceparent: traceparent(2) }),
  ]);
  await store.append('b', 0, [sumEvent('b', 1)]);
  const bus = { there: true, got: [] as Message[] };
  const relay = relayTo(bus, store);
  relay.start();
  await eventually(
    () => bus.got.length,
    (count) => count === 2,
  );
  await relay.stop();
  return bus.got;
}

describe('a stored event', () => {
  it('says its trace, whatever else it says', () => {
    const forged = `"traceparent":"${traceparent(9)}","type":"AmountAdded","version":1}`;
    expect(traceparentOf(sumEvent('a', 1, { traceparent: traceparent(1), padding: forged }))).toBe(traceparent(1));
    expect(traceparentOf(sumEvent('a', 1, { padding: forged }))).toBeNull();
  });
});

describe('how late a relay is', () => {
  it('is the age of what the bus does not have, also while the bus is gone', async () => {
    const store = new InMemoryEventStore();
    const bus = { there: false, got: [] as Message[] };
    const relay = relayTo(bus, store);
    expect(await relay.lagSeconds()).toBeNull();
    relay.start();
    expect(
      await eventually(
        () => relay.lagSeconds(),
        (lag) => lag !== null,
      ),
    ).toBe(0);
    await store.append('a', 0, [sumEvent('a', 1)]);
    const sinceThen = (Date.now() - Date.parse('2026-01-01T00:00:00.000Z')) / 1_000;
    expect(await relay.lagSeconds()).toBeCloseTo(Math.max(0, sinceThen), -2);
    bus.there = true;
    await eventually(
      () => relay.status().lastToken,
      (token) => token !== null,
    );
    expect(await relay.lagSeconds()).toBe(0);
    await relay.stop();
  });
});

describe('where nobody records traces', () => {
  it('the relay restores the first trace of each message, and work is done as it is', async () => {
    expect((await relayed()).map(({ headers }) => headers)).toEqual([
      expect.objectContaining({ [FEED_TOKEN_HEADER]: '1', traceparent: traceparent(1) }),
      expect.not.objectContaining({ traceparent: expect.anything() }),
    ]);
    const never = (): never => {
      throw new Error('Nobody asked for traces.');
    };
    expect(await inTraces('work', SpanKind.CONSUMER, {}, never, async () => 'done')).toBe('done');
  });
});

describe('where traces are recorded', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  });
  beforeEach(() => exporter.reset());

  it('a message leaves in a span of its trace, and names that span', async () => {
    const [traced, untraced] = await relayed();
    const [span, ...others] = spans();
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      name: 'send sums',
      kind: SpanKind.PRODUCER,
      parentSpanContext: { traceId: traceOf(1), spanId: '1'.repeat(16) },
    });
    expect(traced!.headers.traceparent).toBe(`00-${traceOf(1)}-${span!.spanContext().spanId}-01`);
    expect(untraced!.headers).toMatchObject({ [FEED_TOKEN_HEADER]: '2' });
    expect(untraced!.headers.traceparent).toBeUndefined();
    expect([...tracesOf([decodeMessage(traced!.value)])]).toEqual([null, traceparent(1), traceparent(2)]);
  });

  it('work for events of many traces is in the first one, and linked once to each of the others', async () => {
    const inside = await doing([traceparent(1, 7), null, traceparent(2), traceparent(1), traceparent(2, 8), traceparent(3)], async () =>
      trace.getActiveSpan()?.spanContext(),
    );
    const [span] = spans();
    expect(inside).toEqual(span!.spanContext());
    expect(span!.parentSpanContext).toMatchObject({ traceId: traceOf(1), spanId: '7'.repeat(16) });
    expect(span!.links.map((link) => link.context.traceId)).toEqual([traceOf(2), traceOf(3)]);
  });

  it('work for events without a trace is in none, whoever began it', async () => {
    await doing([traceparent(1)], async () => {
      expect(await doing([null], async () => trace.getActiveSpan())).toBeUndefined();
    });
    expect(spans()).toHaveLength(1);
  });

  it('what fails is marked so, and fails', async () => {
    await expect(doing([traceparent(1)], () => Promise.reject(new Error('the database is gone')))).rejects.toThrow('the database is gone');
    expect(spans()[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the database is gone' });
  });
});
