import { Controller, Get, Injectable, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { Open } from './access.js';
import { inTime } from './in-time.js';
import { log } from './log.js';

/** A value that is not known after this time is left out of the answer. */
const READ_TIMEOUT_MS = 5_000;
/** The rules for names leave `_total` to counters; prom-client calls these gauges so. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

type Reading<T> = () => T | null | Promise<T | null>;

/**
 * What a service counts and measures, as `GET /metrics` shows it to anyone: no label says anything of a tenant, a ledger or an account.
 * Names are Prometheus's own: base units, `_total` for what is counted.
 */
@Injectable()
export class Metrics {
  readonly contentType: string;
  private readonly registry = new Registry();
  private readonly labelled = new Map<string, Map<string, Reading<number>>>();
  private running: Promise<string> | null = null;

  constructor(service: string, version: string) {
    this.contentType = this.registry.contentType;
    this.registry.setDefaultLabels({ service });
    this.gauges('mizan_build_info', 'The version that runs; its value is always 1.', 'version', () => new Map([[version, 1]]));
  }

  counter<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** @param buckets their upper bounds, in the unit of the name. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets: [...buckets], labelNames, registers: [this.registry] });
  }

  /** A value that is read when it is asked for. One that is null or cannot be read is left out. */
  gauge(name: string, help: string, read: Reading<number>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: async () => {
        gauge.remove();
        const value = await known(name, read);
        if (value !== null) gauge.set(value);
      },
    });
  }

  /** One value of several with one name, each registered by itself under its own value of the label. */
  gaugeOf(name: string, help: string, label: string, of: string, read: Reading<number>): void {
    const readings = this.labelled.get(name) ?? new Map<string, Reading<number>>();
    if (!this.labelled.has(name)) {
      this.labelled.set(name, readings);
      this.gauges(name, help, label, async () => {
        const values = await Promise.all([...readings].map(async ([key, reading]) => [key, await known(name, reading)] as const));
        return new Map(values.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
      });
    }
    readings.set(of, read);
  }

  /** A value for each of few names, read when it is asked for. */
  gauges(name: string, help: string, label: string, read: Reading<ReadonlyMap<string, number>>): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: async () => {
        gauge.reset();
        for (const [of, value] of (await known(name, read)) ?? []) gauge.set({ [label]: of }, value);
      },
    });
  }

  /** Processor, memory, garbage collection and event loop of this process. */
  measureProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** The text that Prometheus reads. Questions that come while an answer is on its way share it. */
  text(): Promise<string> {
    this.running ??= this.registry.metrics().finally(() => (this.running = null));
    return this.running;
  }
}

async function known<T>(name: string, read: Reading<T>): Promise<T | null> {
  try {
    return await inTime(READ_TIMEOUT_MS, Promise.resolve(read()));
  } catch (error) {
    log.debug({ err: error, metric: name }, 'a metric could not be read');
    return null;
  }
}

/** The same, asked anew at most every `ms`, however often it is wanted: for what costs the database something. */
export function sampled<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: Promise<T>; readonly at: number } | null = null;
  return () => {
    const now = performance.now();
    if (!last || now - last.at >= ms) last = { value: read(), at: now };
    return last.value;
  };
}

@Open()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  async show(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType).header('cache-control', 'no-store');
    return this.metrics.text();
  }
}
