import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Service, createApplication, version } from './application.js';
import { clock, oneOf, readEnvironment, wholeNumber } from './environment.js';
import { log } from './log.js';
import { Metrics } from './metrics.js';

/** A service is gone this long after it was told to stop, whatever happens. */
const CLOSE_WITHIN_MS = 3_000;
/** Answers still under way after this time are broken off, so that the rest can close in order. */
const BREAK_OFF_AFTER_MS = 2_000;

/** Of the environment, what every service reads by itself. */
const settings = {
  /** Refused in production, whether the service needs the time or not. */
  MOVABLE_CLOCK_FILE: clock,
  TELEMETRY: oneOf('where traces go', ['off', 'otlp'], 'off'),
  TELEMETRY_PERCENT: wholeNumber('how many in a hundred requests are traced', { least: 0, most: 100, otherwise: 100 }),
};

export interface Listening extends Service {
  readonly environment: { readonly HOST: string; readonly PORT: number };
}

/** Starts a service, and ends it on SIGTERM, SIGINT, or when the process that started it is gone. A service that cannot start ends with code 1. */
export async function bootstrap({ environment: { HOST, PORT }, ...service }: Listening): Promise<void> {
  log.setBindings({ service: service.name });
  const endTracing = await tracing(service.name);
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'stopped by an error that nobody handled');
    process.exit(1);
  });
  try {
    const app = await createApplication(service);
    app.get(Metrics).measureProcess();
    closeWhenTold(app, endTracing);
    await app.listen(PORT, HOST);
    log.info({ url: await app.getUrl(), version }, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'EADDRINUSE' ? `port ${PORT} on ${HOST} is in use: stop what uses it, or set PORT` : 'could not start';
    log.fatal({ err: error }, message);
    process.exit(1);
  }
}

/** Nothing of it is loaded where it is off. @returns what hands over the last traces. */
async function tracing(name: string): Promise<() => Promise<void>> {
  const { TELEMETRY, TELEMETRY_PERCENT: percent } = readEnvironment(settings);
  if (TELEMETRY === 'off') return async () => {};
  const { startTracing } = await import('./tracing.js');
  return startTracing({ name, version, percent });
}

function closeWhenTold(app: NestFastifyApplication, endTracing: () => Promise<void>): void {
  let closing = false;
  const close = (why: string): void => {
    if (closing) return;
    closing = true;
    log.info({ why }, 'closing');
    setTimeout(() => app.getHttpServer().closeAllConnections(), BREAK_OFF_AFTER_MS).unref();
    setTimeout(() => {
      log.error(`did not close within ${CLOSE_WITHIN_MS} ms`);
      process.exit(1);
    }, CLOSE_WITHIN_MS).unref();
    app
      .close()
      .then(endTracing)
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'closed with an error');
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', () => close('SIGTERM'));
  process.on('SIGINT', () => close('SIGINT'));
  if (process.connected) process.on('disconnect', () => close('the starting process is gone'));
}
