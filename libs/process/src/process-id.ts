import type { Rejection } from './definition.js';

/**
 * An id stands in the name of the stream, and in ids of calls, `<process>:<step>:<attempt>`: no colon, so that these can be taken apart
 * again, and short enough that a ledger takes them (128 characters with a step of 32 and the place in a group).
 */
const PROCESS_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const refuseProcessId = (id: string): Rejection | null =>
  PROCESS_ID.test(id)
    ? null
    : {
        code: 'invalid_process_id',
        detail: 'The id of a process has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit.',
      };
