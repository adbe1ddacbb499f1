import { MizanProblem, OutcomeUnknown } from '@mizan/client';
import { rejectionCodes } from '@mizan/ledger';
import { type ExitCode, exitCode } from './exit-code.js';
import { NotFound, NotSignedIn, WrongUsage } from './failure.js';

const rules: ReadonlySet<string> = new Set(rejectionCodes);

/** What the shell is told about an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof WrongUsage) return exitCode.wrongUsage;
  if (error instanceof NotFound) return exitCode.notFound;
  if (error instanceof NotSignedIn) return exitCode.notAllowed;
  if (error instanceof OutcomeUnknown) return exitCode.outcomeUnknown;
  if (error instanceof MizanProblem) {
    if (error.status === 401 || error.status === 403) return exitCode.notAllowed;
    if (error.status === 404) return exitCode.notFound;
    // A flag that the server refuses: a range that ends before it begins.
    if (error.code === 'invalid_query') return exitCode.wrongUsage;
    if (rules.has(error.code)) return exitCode.rejected;
  }
  return exitCode.failed;
}
