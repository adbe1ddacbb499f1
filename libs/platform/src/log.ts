import { pino } from 'pino';
import type { LoggerService } from '@nestjs/common';

/**
 * JSON lines on stdout. Bodies, headers and tokens are never given to it; who logs inside a request adds its `requestId`, and the `traceId` where there is one.
 * `LOG_LEVEL` (default info) chooses what is written; tests are silent unless they set it.
 */
export const log = pino({
  level: process.env['LOG_LEVEL'] ?? (process.env['NODE_ENV'] === 'test' ? 'silent' : 'info'),
  formatters: { level: (label) => ({ level: label }) },
  timestamp: pino.stdTimeFunctions.isoTime,
});

/** Nest's own lines: what it says about starting up is only of interest when something is wrong. */
export const nestLog: LoggerService = {
  log: (message: unknown, context?: unknown) => log.debug({ context }, String(message)),
  verbose: (message: unknown, context?: unknown) => log.trace({ context }, String(message)),
  debug: (message: unknown, context?: unknown) => log.debug({ context }, String(message)),
  warn: (message: unknown, context?: unknown) => log.warn({ context }, String(message)),
  error: (message: unknown, stack?: unknown, context?: unknown) => log.error({ context, stack }, String(message)),
  fatal: (message: unknown, context?: unknown) => log.fatal({ context }, String(message)),
};

/** The log as libraries ask for it: level, message, details. */
export const writeLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, detail: object = {}): void =>
  log[level](detail, message);
