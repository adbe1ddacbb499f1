import { spawnSync } from 'node:child_process';

/** Shows a text longer than the screen through the user's pager (PAGER, else less). False where that is not needed or not possible. */
export function page(text: string, stdout: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (!stdout.isTTY || env.TERM === 'dumb' || text.split('\n').length <= stdout.rows) return false;
  const command = env.MIZAN_PAGER ?? env.PAGER ?? 'less -FRSX';
  if (command === '' || command === 'cat') return false;
  const { error, status } = spawnSync(command, { shell: true, input: text, stdio: ['pipe', 'inherit', 'inherit'] });
  // Of a pager that does not exist, the shell says 127.
  return (error === undefined || (error as NodeJS.ErrnoException).code === 'EPIPE') && status !== 127;
}
