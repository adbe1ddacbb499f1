import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Loopback, loopback } from '@mizan/testing';

export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** The statement, where it is one. */
  readonly sql: string;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'service' | 'sql'> & { attributes: readonly Attribute[] })[];
    }[];
  }[];
}

const valueOf = (attributes: readonly Attribute[], ...keys: readonly string[]): string =>
  attributes.find(({ key }) => keys.includes(key))?.value.stringValue ?? '';

/** Takes traces by OTLP over HTTP, as any collector would, and keeps them in memory. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  private server!: Loopback;

  async start(): Promise<this> {
    this.server = await loopback((request, response) => void this.take(request, response));
    return this;
  }

  get url(): string {
    return this.server.url;
  }
  stop(): void {
    this.server.stop();
  }

  /** The spans above one, from the beginning of its trace. */
  wayTo({ traceId, parentSpanId }: CollectedSpan): CollectedSpan[] {
    const parent = this.spans.find((span) => span.traceId === traceId && span.spanId === parentSpanId);
    return parent ? [...this.wayTo(parent), parent] : [];
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { resourceSpans } = (await json(request)) as Export;
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        for (const { attributes, ...span } of spans)
          this.spans.push({
            ...span,
            service: valueOf(resource.attributes, 'service.name'),
            sql: valueOf(attributes, 'db.query.text', 'db.statement'),
          });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
}
