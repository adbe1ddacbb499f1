import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { occupant, occupy } from './occupancy.js';

describe('a home', () => {
  let directory: string;
  let other: ChildProcess | undefined;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'mizan-home-'))));
  afterEach(async () => {
    other?.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  /** A live process with this command line, said to run in the home. */
  const running = async (script: string): Promise<number> => {
    const file = join(directory, script);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'setInterval(() => {}, 1000); console.log("up");');
    other = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout!, 'data');
    await writeFile(join(directory, 'run.json'), JSON.stringify({ pid: other.pid, url: 'http://127.0.0.1:8080', processes: {} }));
    return other.pid!;
  };

  it('is free at first, occupied by one start, and free when that has left', () => {
    expect(occupant(directory)).toBeNull();
    const occupancy = occupy(directory);
    occupancy.update({ url: 'http://127.0.0.1:8080', processes: { Kafka: 17 } });
    expect(existsSync(join(directory, 'run.json'))).toBe(true);
    occupancy.leave();
    expect(existsSync(join(directory, 'run.json'))).toBe(false);
  });

  it('refuses a second start and names the first', async () => {
    const pid = await running('apps/start/dist/main.js');
    expect(occupant(directory)).toMatchObject({ pid });
    expect(() => occupy(directory)).toThrow(`Mizan is already running here (pid ${pid}): http://127.0.0.1:8080`);
  });

  it('does not mistake another program with the same pid for a start', async () => {
    await running('something/else.js');
    expect(occupant(directory)).toBeNull();
    expect(() => occupy(directory).leave()).not.toThrow();
  });

  it('is free again after a start that was killed', async () => {
    await running('apps/start/dist/main.js');
    const gone = once(other!, 'exit');
    other!.kill('SIGKILL');
    await gone;
    expect(() => occupy(directory).leave()).not.toThrow();
  });
});
