import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../cli/bin/mizan.mjs', import.meta.url));

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a user would, in a process of its own. @param server with a home (`directory`) for what works on files. */
export function mizan(
  server: { readonly url: string; readonly apiKey: string; readonly directory?: string },
  ...args: readonly string[]
): Promise<Said> {
  const env = {
    PATH: process.env.PATH,
    MIZAN_URL: server.url,
    MIZAN_API_KEY: server.apiKey,
    ...(server.directory ? { MIZAN_HOME: server.directory } : {}),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (said.out += String(chunk)));
    child.stderr.on('data', (chunk) => (said.err += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
  });
}
