import { type OpenApiDocument, Problem, log } from '@mizan/platform';
import { type UpstreamName, differences, isRouted, upstreamNames } from './routing.js';
import type { Services } from './services.js';

/** A service's part is asked for again after this time. */
const KEPT_MS = 60_000;

type Part = Pick<OpenApiDocument, 'paths' | 'components'>;

/** The parts of all services as one document, as if the gateway served them all. */
export class ApiDocument {
  private readonly kept = new Map<UpstreamName, { readonly part: Part; readonly until: number }>();

  constructor(private readonly services: Services) {}

  async whole(own: OpenApiDocument): Promise<OpenApiDocument> {
    const parts = await Promise.all(upstreamNames.map((name) => this.partOf(name)));
    return merged(own, parts);
  }

  /** A part that is known is better than none while its service is away. */
  private async partOf(name: UpstreamName): Promise<Part> {
    const kept = this.kept.get(name);
    if (kept && Date.now() < kept.until) return kept.part;
    try {
      const part = (await this.services.ask(name, '/v1/openapi.json')) as Part;
      for (const difference of differences(name, part)) log.warn({ difference }, 'the routes and the document differ');
      this.kept.set(name, { part, until: Date.now() + KEPT_MS });
      return part;
    } catch (error) {
      if (kept) return kept.part;
      throw new Problem('unavailable', `The service ${name} does not answer, and its part of the document is not known yet.`, {
        headers: { 'retry-after': '1' },
        cause: error,
      });
    }
  }
}

/** Services share paths (one reads what the other writes), so their methods are put together. What is not routed is not shown. */
export function merged(own: OpenApiDocument, parts: readonly Part[]): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = { ...own.paths };
  for (const part of parts)
    for (const [path, item] of Object.entries(part.paths)) if (isRouted(path)) paths[path] = { ...paths[path], ...item };
  const schemas = Object.assign({}, ...parts.map((part) => part.components?.schemas), own.components?.schemas);
  const inOrder = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...own, paths: inOrder, components: { ...own.components, schemas } };
}
