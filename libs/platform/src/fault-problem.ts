import { HttpException } from '@nestjs/common';
import { Problem } from './problem.js';

/** The problem that an error of the framework, or of a lost database, amounts to; null for a fault of our own. */
export function problemOf(error: unknown, method: string): Problem | null {
  if (error instanceof Problem) return error;
  // Nest wraps what Fastify refuses; the code that says why is on the cause.
  const { code, statusCode } = (error instanceof HttpException && error.cause ? error.cause : error) as {
    code?: unknown;
    statusCode?: unknown;
  };
  if (typeof code === 'string' && code in ofFastify) return ofFastify[code as keyof typeof ofFastify]();
  if (isReading(method) && isDatabaseAway(error))
    return new Problem('unavailable', 'The database cannot be reached. Try again shortly.', {
      headers: { 'retry-after': '1' },
      cause: error,
    });
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem('invalid_json', (error as Error).message, { status, cause: error });
  return null;
}

const malformedPath = (): Problem =>
  new Problem('not_found', 'The path is malformed or has a part longer than 1,024 characters; nothing lives there.');

const ofFastify = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => new Problem('invalid_json', 'The body is not JSON. Send one JSON object in UTF-8.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new Problem('invalid_json', 'The body is shorter or longer than Content-Length says.'),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new Problem('body_too_large', 'The body is larger than this route takes. Send less at once: split a batch into smaller ones.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Problem('unsupported_media_type', 'The body is in a form this route does not read. Send Content-Type: application/json.'),
  FST_ERR_BAD_URL: malformedPath,
  FST_ERR_MAX_PARAM_LENGTH: malformedPath,
} as const;

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Node's own codes of a lost connection, and PostgreSQL's classes 08 (connection), 53 (no room left) and 57P (shutting down). */
const awayCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08...|53...|57P..)$/;
/** What the driver says without a code. */
const awayWords = /^(Connection terminated|timeout exceeded when trying to connect)/;

function isDatabaseAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? awayCodes.test(code) : typeof message === 'string' && awayWords.test(message);
}
