import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

  it('lets one in of several that come at the same moment and find what a killed one left', async () => {
    // As a start is recognised by its command line, so is this one. It occupies each home it is told, at the moment it is told.
    const script = join(directory, 'start', 'dist', 'main.js');
    await mkdir(join(script, '..'), { recursive: true });
    const occupancy = fileURLToPath(new URL('../dist/occupancy.js', import.meta.url));
    await writeFile(
      script,
      `import(${JSON.stringify(pathToFileURL(occupancy))}).then(({ occupy }) => {
        process.on('message', ({ home, at }) => {
          while (Date.now() < at);
          try { occupy(home); process.send('in'); } catch (error) { process.send(error.exitCode === 3 ? 'refused' : String(error)); }
        });
        process.send('up');
      });`,
    );
    const starts = Array.from({ length: 3 }, () => fork(script));
    try {
      await Promise.all(starts.map((start) => once(start, 'message')));
      for (let round = 0; round < 100; round++) {
        const home = join(directory, `home-${round}`);
        await mkdir(home);
        await writeFile(join(home, 'run.json'), JSON.stringify({ pid: 2 ** 30, processes: {} }));
        const at = Date.now() + 3;
        const said = starts.slice(0, 2 + (round % 2)).map(async (start) => {
          const heard = once(start, 'message');
          start.send({ home, at });
          return (await heard)[0] as string;
        });
        const answers = (await Promise.all(said)).sort();
        expect({ round, answers }).toEqual({ round, answers: ['in', ...answers.slice(1).map(() => 'refused')] });
      }
    } finally {
      for (const start of starts) start.kill('SIGKILL');
    }
  }, 60_000);
});
