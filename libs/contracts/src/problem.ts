import { type RejectionCode, shapeCodes } from '@mizan/ledger';

/** Codes of problem documents beside the rules' own. */
export const problemStatus = {
  invalid_json: 400,
  invalid_query: 400,
  invalid_cursor: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  ledger_not_found: 404,
  method_not_allowed: 405,
  position_not_reached: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal_error: 500,
  overloaded: 503,
  outcome_unknown: 503,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof problemStatus | RejectionCode;

/** RFC 9457. `errors` names shape errors by JSON pointer; `suggestions` the nearest names that exist, the likeliest first, where a name was not found. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly instance: string;
  readonly requestId: string;
  readonly account?: string;
  readonly field?: string;
  readonly suggestions?: readonly string[];
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The HTTP status of a problem: shape 400, not found 404, `id_conflict` 409, any other rule 422. */
export function statusOf(code: ProblemCode): number {
  if (code in problemStatus) return problemStatus[code as keyof typeof problemStatus];
  if (shape.has(code)) return 400;
  if (code.endsWith('_not_found')) return 404;
  return code === 'id_conflict' ? 409 : 422;
}

const shape: ReadonlySet<string> = new Set(shapeCodes);
