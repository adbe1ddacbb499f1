import { Controller, Get, Injectable, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from './access.js';
import { inTime } from './in-time.js';

/** Says that a part works, with what is worth knowing of it (positions, lag), or throws with the reason why not. */
export type ReadinessCheck = () => Promise<Readonly<Record<string, unknown>> | void>;

type CheckBody = { readonly ready: boolean; readonly detail?: string } & Readonly<Record<string, unknown>>;

/** `GET /health/ready`. */
export interface ReadinessBody {
  readonly service: string;
  readonly version: string;
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckBody>>;
}

/** A part that says nothing for this long is not ready. */
const CHECK_TIMEOUT_MS = 2_000;

/** The parts a service needs to do its work. Whoever owns one registers its check when it is made. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private running: Promise<ReadinessBody> | null = null;

  constructor(
    private readonly service: string,
    private readonly version: string,
  ) {}

  register(name: string, check: ReadinessCheck): void {
    if (this.checks.has(name)) throw new Error(`Two parts are called ${name}.`);
    this.checks.set(name, check);
  }

  /** Questions that come while an answer is on its way share it: asking often costs the parts nothing. */
  report(): Promise<ReadinessBody> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  private async run(): Promise<ReadinessBody> {
    const results = await Promise.all([...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const));
    return {
      service: this.service,
      version: this.version,
      ready: results.every(([, { ready }]) => ready),
      checks: Object.fromEntries(results),
    };
  }
}

async function outcome(check: ReadinessCheck): Promise<CheckBody> {
  try {
    return { ...(await inTime(CHECK_TIMEOUT_MS, check())), ready: true };
  } catch (error) {
    return { ready: false, detail: reasonOf(error) };
  }
}

/** Of several failed attempts (a host with two addresses), the first one's reason. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

@Open()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process answers; nothing more. */
  @Get('live')
  live(): { readonly live: true } {
    return { live: true };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessBody> {
    const report = await this.readiness.report();
    void reply.code(report.ready ? 200 : 503).header('cache-control', 'no-store');
    return report;
  }
}
