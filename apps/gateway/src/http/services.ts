import type { ReadinessBody } from '@mizan/platform';
import { type UpstreamName, upstreamNames } from './routing.js';

const ASK_TIMEOUT_MS = 1_500;

/** A service's own word on how it is; or that it gave none. */
export type ServiceReport = ReadinessBody | { readonly service: UpstreamName; readonly ready: false; readonly detail: string };

/** What the services behind the gateway say of themselves. */
export class Services {
  constructor(private readonly urls: Readonly<Record<UpstreamName, readonly string[]>>) {}

  /** Of each instance: those after a service's first are called `transfers-2` and so on. */
  async reports(): Promise<Record<string, ServiceReport>> {
    const instances = upstreamNames.flatMap((name) =>
      this.urls[name].map(async (url, i) => [i === 0 ? name : `${name}-${i + 1}`, await this.reportOf(name, url)] as const),
    );
    return Object.fromEntries(await Promise.all(instances));
  }

  /** Of an instance that is ready, where there is one. */
  async report(service: UpstreamName): Promise<ServiceReport> {
    const reports = await Promise.all(this.urls[service].map((url) => this.reportOf(service, url)));
    return reports.find(({ ready }) => ready) ?? reports[0]!;
  }

  /** Of whichever instance answers first. @throws Error when none answers in time with JSON. */
  async ask(service: UpstreamName, path: string): Promise<unknown> {
    return Promise.any(this.urls[service].map((url) => this.askAt(url, path))).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }

  private async reportOf(service: UpstreamName, url: string): Promise<ServiceReport> {
    try {
      return (await this.askAt(url, '/health/ready')) as ReadinessBody;
    } catch (error) {
      return { service, ready: false, detail: `does not answer (${reasonOf(error)})` };
    }
  }

  private async askAt(url: string, path: string): Promise<unknown> {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
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
