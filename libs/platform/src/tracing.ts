import { createRequire } from 'node:module';
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  type Link,
  type SpanKind,
  context,
  diag,
  propagation,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { log } from './log.js';

/** Traces that cannot be handed over are given up after this time when the service ends. */
const LAST_EXPORT_MS = 500;

export interface TracedService {
  readonly name: string;
  readonly version: string;
  /** Of the traces that begin here, how many in a hundred are recorded. What began elsewhere is recorded where it says so. */
  readonly percent: number;
}

/**
 * Records traces from now on and sends them by OTLP over HTTP to where OpenTelemetry's own variables say. Loaded only where
 * it is wanted; everywhere else the API's calls do nothing.
 * @returns what hands the last of them over.
 */
export function startTracing({ name, version, percent }: TracedService): () => Promise<void> {
  const tell = (message: string): void => log.warn({ message }, 'telemetry');
  diag.setLogger({ error: tell, warn: tell, info: () => {}, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.namespace': 'mizan', 'service.version': version }),
    sampler: new UnderOpenSpans(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(percent / 100) })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  tracePostgres(provider);
  return () => Promise.race([provider.shutdown().catch(() => {}), new Promise<void>((late) => setTimeout(late, LAST_EXPORT_MS).unref())]);
}

/** Statements under a span become spans of their own, with their text and never their values. */
function tracePostgres(provider: TracerProvider): void {
  const instrumentation = new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
  instrumentation.setTracerProvider(provider);
  // It changes the classes of what is required while it looks; that they were imported already does not matter.
  createRequire(import.meta.url)('pg');
}

/** A queue or a timer may keep the context of the request that happened to wake it: what it does after that request is none of it. */
export class UnderOpenSpans implements Sampler {
  constructor(private readonly otherwise: Sampler) {}

  shouldSample(under: Context, traceId: string, name: string, kind: SpanKind, attributes: Attributes, links: Link[]): SamplingResult {
    const parent = trace.getSpan(under);
    if (parent && !parent.spanContext().isRemote && !parent.isRecording()) return { decision: SamplingDecision.NOT_RECORD };
    return this.otherwise.shouldSample(under, traceId, name, kind, attributes, links);
  }

  toString(): string {
    return `UnderOpenSpans{${this.otherwise.toString()}}`;
  }
}
