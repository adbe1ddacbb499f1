import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.js';
import type { Session } from './session.js';

type Said<T> = { readonly step: string } | { readonly done: T } | { readonly error: string };

/**
 * Runs a program of `npm start`'s, which knows this machine's data: steps are told, its result is returned.
 * @throws Failure with what it says.
 */
export async function ownProgram<T>({ world, output }: Session, name: string, args: readonly string[]): Promise<T> {
  const script = fileURLToPath(new URL(`../../start/dist/${name}.command.js`, import.meta.url));
  if (!existsSync(script)) throw new Failure('Mizan has not been built yet. Run: npm start   or: npm run build');
  const child = spawn(process.execPath, [script, ...args], { cwd: world.cwd, env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  world.signal.addEventListener('abort', stop);
  const closed = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  let complained = '';
  child.stderr.on('data', (text: Buffer) => (complained += text.toString()));
  let last: Said<T> | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as Said<T>;
    if ('step' in last) output.note(`${last.step}…`);
  }
  await closed;
  world.signal.removeEventListener('abort', stop);
  if (last && 'done' in last) return last.done;
  throw new Failure(last && 'error' in last ? `${last.error.replace(/\.$/, '')}.` : complained.trim() || `${name} ended without a word.`);
}
