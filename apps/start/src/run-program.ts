import { spawn } from 'node:child_process';
import { dieWithParent } from '@mizan/embedded';

/**
 * Runs one of the project's own programs to its end, on this Node.
 * @returns its standard output.
 * @throws where it ends with another code than 0: the message is the last thing it said.
 */
export async function runProgram(script: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  const [file = process.execPath, ...rest] = [...(await dieWithParent('KILL')), process.execPath, script, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let said = '';
    let complained = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stderr.on('data', (text: Buffer) => (complained += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(lastWords(complained) || lastWords(said) || `exit code ${code}`));
    });
  });
}

/** The error that it ended with, else its last line. */
function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const error = lines.findLast((line) => /^[A-Za-z]*[eE]rror: /.test(line));
  return (error ?? lines.findLast((line) => !/^\s+at |^Node\.js v|^\s*$/.test(line)) ?? '').trim();
}
