import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.js';

/** Upper bounds, seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long requests take, by the names that OpenTelemetry gives: method, route (never the path itself) and status. */
export function measureRequests(fastify: FastifyInstance, metrics: Metrics): void {
  const duration = metrics.histogram(
    'http_server_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    BUCKETS,
    ['http_request_method', 'http_route', 'http_response_status_code'],
  );
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = (request.is404 ? undefined : request.routeOptions.url) ?? 'none';
    duration.labels(request.method, route, String(reply.statusCode)).observe(reply.elapsedTime / 1_000);
    done();
  });
}
