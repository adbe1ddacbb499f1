export const exitCode = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  rejected: 3,
  notFound: 4,
  notAllowed: 5,
  outcomeUnknown: 6,
  checkFailed: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export const exitCodeTable: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCode.done, 'done'],
  [exitCode.failed, 'failed; the reason is on stderr'],
  [exitCode.wrongUsage, 'wrong usage'],
  [exitCode.rejected, 'rejected by a rule of the ledger; its code is on stderr'],
  [exitCode.notFound, 'not found; accounts of a similar name are on stderr'],
  [exitCode.notAllowed, 'not signed in, or not allowed'],
  [exitCode.outcomeUnknown, 'outcome unknown: send it again with the same id'],
  [exitCode.checkFailed, 'a check failed (replay, trial balance)'],
  [exitCode.interrupted, 'interrupted'],
];
