import { prefixOfProcesses } from '@mizan/contracts';
import type { Rejection } from './definition.js';

/**
 * An id is the name of the stream, and stands in ids of calls, `<process>:<step>:<attempt>`: no colon, so that these can be taken apart
 * again, and short enough that a ledger takes them (128 characters with a step of 32 and the place in a group).
 */
const PROCESS_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @param kind the name of the definition: a process is `<kind>-<id>`, and its service's key alone may spend ids that begin so. */
export function refuseProcessId(kind: string, process: string): Rejection | null {
  const prefix = prefixOfProcesses(kind);
  if (PROCESS_ID.test(process) && process.startsWith(prefix) && process.length > prefix.length) return null;
  return {
    code: 'invalid_process_id',
    detail: `A process is ${prefix}<id>: 64 letters, digits, dots, underscores and hyphens at most.`,
  };
}
