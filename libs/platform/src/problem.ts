import { type ProblemCode, type ProblemDocument, statusOf } from '@mizan/contracts';

export interface ProblemDetails {
  readonly account?: string | undefined;
  readonly field?: string | undefined;
  readonly suggestions?: ProblemDocument['suggestions'] | undefined;
  readonly errors?: ProblemDocument['errors'] | undefined;
  /** Headers of the answer, such as `retry-after` (seconds). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Where the code's own status does not fit: a rejection that is replayed keeps its code, for instance. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** Thrown by a shell to answer with a problem document. `detail` says what was wrong, where, and what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly details: ProblemDetails = {},
  ) {
    super(`${code}: ${detail}`, { cause: details.cause });
    this.status = details.status ?? statusOf(code);
  }
}

/** @param request its url (the document names the path alone) and its id. */
export function problemDocument(problem: Problem, request: { readonly url: string; readonly id: string }): ProblemDocument {
  const { account, field, suggestions, errors } = problem.details;
  return {
    type: `urn:mizan:problem:${problem.code}`,
    title: titleOf(problem.code),
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    instance: pathOf(request.url),
    requestId: request.id,
    ...(account === undefined ? {} : { account }),
    ...(field === undefined ? {} : { field }),
    ...(suggestions === undefined ? {} : { suggestions }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** A url without its query, which may hold what nobody should find in a log. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

export const PROBLEM_TYPE = 'application/problem+json';

/** `insufficient_funds` → `Insufficient funds`. */
function titleOf(code: ProblemCode): string {
  const words = code.replaceAll('_', ' ').replace('json', 'JSON');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
