import type { ReadinessBody } from '@mizan/platform';
import { type ServiceName, serviceNames } from './routing.js';

const ASK_TIMEOUT_MS = 1_500;

/** A service's own word on how it is; or that it gave none. */
export type ServiceReport = ReadinessBody | { readonly service: ServiceName; readonly ready: false; readonly detail: string };

/** What the services behind the gateway say of themselves. */
export class Services {
  constructor(private readonly urls: Readonly<Record<ServiceName, string>>) {}

  async reports(): Promise<Record<ServiceName, ServiceReport>> {
    const reports = await Promise.all(serviceNames.map(async (name) => [name, await this.report(name)] as const));
    return Object.fromEntries(reports) as Record<ServiceName, ServiceReport>;
  }

  async report(service: ServiceName): Promise<ServiceReport> {
    try {
      return (await this.ask(service, '/health/ready')) as ReadinessBody;
    } catch (error) {
      return { service, ready: false, detail: `does not answer (${reasonOf(error)})` };
    }
  }

  /** @throws Error when it does not answer in time, or not with JSON. */
  async ask(service: ServiceName, path: string): Promise<unknown> {
    const response = await fetch(`${this.urls[service]}${path}`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return response.json();
  }
}

/** `fetch` puts the reason (ECONNREFUSED) in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
}

/** For a readiness check, which anyone may read: throws with what is not ready, and says no more of the service. */
export function assertReady(report: ServiceReport): void {
  if (report.ready) return;
  if (!('checks' in report)) throw new Error(report.detail);
  const failing = Object.entries(report.checks).flatMap(([part, check]) =>
    check.ready ? [] : [`${part}: ${check.detail ?? 'not ready'}`],
  );
  throw new Error(failing.join('; ') || 'not ready');
}
