import { StartProblem, complaint, exitCodes } from './start-problem.js';

it('ends with the code of the problem, and with 1 for any other error', () => {
  expect(complaint(new StartProblem('port 1 is in use', exitCodes.portInUse))).toEqual({ message: 'port 1 is in use', exitCode: 4 });
  expect(complaint(new Error('odd'))).toEqual({ message: 'odd', exitCode: exitCodes.failed });
});

it.each([
  'PostgreSQL ended by itself (signal SIGABRT): PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device  postgres.log',
  'ENOSPC: no space left on device, write',
])('says that the disk is full: %s', (message) => {
  const { message: said, exitCode } = complaint(new StartProblem(message));
  expect(exitCode).toBe(exitCodes.diskFull);
  expect(said).toContain(`the disk is full: ${message}. Make room`);
});
