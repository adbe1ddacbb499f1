import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { MissingTool, succeeds } from '@mizan/embedded';
import type { ToolRun } from './accounting-tools.js';

/** Prometheus' own judge of what a service shows at `/metrics`: reads the text, and says what is wrong with names and types. */
export type Promtool = (metrics: string) => Promise<ToolRun>;

/**
 * @returns what to install, where it is missing.
 * @throws MissingTool instead on a build machine, where nothing may be left out.
 */
export async function promtool(): Promise<Promtool | MissingTool> {
  if (await succeeds(['promtool', '--version'])) return check;
  const missing = new MissingTool('no promtool found. Install it (Debian: apt-get install prometheus)');
  if (process.env.CI) throw missing;
  return missing;
}

async function check(metrics: string): Promise<ToolRun> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: 'pipe', timeout: 60_000 });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  child.stdin.end(metrics);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, ...said };
}
