import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerCommand, dieWithParent, lastError, startServerProcess, waitUntilReady } from './server-process.js';

describe('a server process', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'mizan-process-'))));
  afterEach(() => rm(directory, { recursive: true }));
  const script = (text: string): ServerCommand => ({
    name: 'The server',
    command: [process.execPath, '-e', text],
    logFile: join(directory, 'server.log'),
    stopSignal: 'SIGTERM',
  });

  it('that ends during its start is reported with its last error line', async () => {
    const command = script(`console.error('ERROR the disk is on fire'); console.error('goodbye'); process.exitCode = 7`);
    const server = startServerProcess(command);
    await expect(waitUntilReady(command, server, 20_000, () => Promise.resolve('still thinking'))).rejects.toThrow(
      /The server stopped during its start \(exit code 7\): ERROR the disk is on fire .*server\.log/,
    );
  });

  it('that logs in JSON lines is quoted in words', async () => {
    const line = JSON.stringify({ level: 'fatal', msg: 'could not start', err: { message: 'no such role' } });
    const command = script(`console.log(${JSON.stringify(line)}); console.log('{"level":"info","msg":"bye"}'); process.exitCode = 1`);
    await startServerProcess(command).exited;
    expect(lastError(command.logFile)).toBe('could not start: no such role');
  });

  it('that ran out of disk is quoted with that, whatever it complained of later', async () => {
    const command = script(`
      console.error('PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device');
      console.error('FATAL:  the database system is in recovery mode'); process.exitCode = 1`);
    await startServerProcess(command).exited;
    expect(lastError(command.logFile)).toMatch(/^PANIC: .*No space left on device$/);
  });

  it('keeps its log to its owner', async () => {
    const command = script('');
    await startServerProcess(command).exited;
    expect(statSync(command.logFile).mode & 0o777).toBe(0o600);
  });

  it('that never becomes ready is killed', async () => {
    const command = script('setInterval(() => {}, 1000)');
    const server = startServerProcess(command);
    await expect(waitUntilReady(command, server, 300, () => Promise.resolve('still thinking'))).rejects.toThrow(
      /The server was not ready within 0\.3 s \(still thinking\)/,
    );
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('whose program is not there says so', () => {
    expect(() => startServerProcess({ ...script(''), command: ['/no/such/program'] })).toThrow('The server could not be started');
  });

  const linux = process.platform === 'linux' ? it : it.skip;
  linux('does not outlive its parent, however that ends', async () => {
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const { spawn } = require('node:child_process');
         const [file, ...args] = ${JSON.stringify([...(await dieWithParent('TERM')), process.execPath, '-e', 'setInterval(() => {}, 1000)'])};
         const child = spawn(file, args, { detached: true });
         console.log(child.pid); setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = Number(await new Promise<string>((resolve) => parent.stdout.once('data', (data: Buffer) => resolve(String(data)))));
    await sleep(200);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    while (isAlive(pid)) await sleep(20);
  });
});

/** A zombie is dead: it may stay where process 1 does not collect it. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
