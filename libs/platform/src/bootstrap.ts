import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Service, createApplication, version } from './application.js';
import { log } from './log.js';
import { Metrics } from './metrics.js';

/** A service is gone this long after it was told to stop, whatever happens. */
const CLOSE_WITHIN_MS = 3_000;
/** Answers still under way after this time are broken off, so that the rest can close in order. */
const BREAK_OFF_AFTER_MS = 2_000;

export interface Listening extends Service {
  readonly environment: { readonly HOST: string; readonly PORT: number };
}

/** Starts a service, and ends it on SIGTERM, SIGINT, or when the process that started it is gone. A service that cannot start ends with code 1. */
export async function bootstrap({ environment: { HOST, PORT }, ...service }: Listening): Promise<void> {
  log.setBindings({ service: service.name });
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'stopped by an error that nobody handled');
    process.exit(1);
  });
  try {
    const app = await createApplication(service);
    app.get(Metrics).measureProcess();
    closeWhenTold(app);
    await app.listen(PORT, HOST);
    log.info({ url: await app.getUrl(), version }, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'EADDRINUSE' ? `port ${PORT} on ${HOST} is in use: stop what uses it, or set PORT` : 'could not start';
    log.fatal({ err: error }, message);
    process.exit(1);
  }
}

function closeWhenTold(app: NestFastifyApplication): void {
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
    app.close().then(
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
