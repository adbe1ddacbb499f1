import { exitCode } from './exit-code.js';
import { page } from './pager.js';
import { run } from './run.js';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(exitCode.interrupted);
  interrupted.abort();
});
// Whoever reads us may have seen enough (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCode.done : exitCode.failed));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  page: (text) => page(text, process.stdout, process.env),
  signal: interrupted.signal,
});
