import { PassThrough } from 'node:stream';
import { run } from './run.js';
import type { SmallPlatform } from './small-platform.fixture.js';
import type { Terminal } from './world.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Sees what has been printed so far, whenever something is. */
  readonly watch?: (out: string) => void;
}

/** Runs a command line against a platform, in this process. */
export async function running(platform: SmallPlatform | null, args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const text = { out: '', err: '' };
  const terminal = (name: 'out' | 'err'): Terminal => {
    const stream = new PassThrough();
    stream.on('data', (chunk) => {
      text[name] += String(chunk);
      around.watch?.(text.out);
    });
    return Object.assign(stream, { isTTY: around.isTTY === true, columns: 120 });
  };
  const code = await run(args, {
    env: { ...(platform ? { MIZAN_URL: platform.url, MIZAN_API_KEY: platform.apiKey } : {}), NO_COLOR: '1', ...around.env },
    cwd: '/',
    stdout: terminal('out'),
    stderr: terminal('err'),
    signal: around.signal ?? new AbortController().signal,
  });
  // What was written last reaches the listeners in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...text };
}
