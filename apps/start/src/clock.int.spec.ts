import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { movedClock } from './clock.js';
import { type Home, homeAt } from './home.js';
import { StartProblem, exitCodes } from './start-problem.js';

let home: Home;
beforeEach(async () => (home = homeAt(await mkdtemp(join(tmpdir(), 'mizan-clock-')))));
afterEach(() => rm(home.directory, { recursive: true }));

const inDevelopment = { production: false };
const inProduction = { production: true };

it('is kept in the home, for its owner alone, from one start to the next', async () => {
  expect(movedClock(home, inDevelopment)).toEqual({ file: home.clockFile, aheadMs: 0 });
  expect((await stat(home.clockFile)).mode & 0o777).toBe(0o600);
  await writeFile(home.clockFile, '1000\n500\n');
  expect(movedClock(home, inDevelopment)).toEqual({ file: home.clockFile, aheadMs: 1_500 });
  expect(await readFile(home.clockFile, 'utf8')).toBe('1000\n500\n');
});

it('is not there in production, so that nobody moves it', () => {
  expect(movedClock(home, inProduction)).toEqual({ file: null, aheadMs: 0 });
  movedClock(home, inDevelopment);
  expect(movedClock(home, inProduction)).toEqual({ file: null, aheadMs: 0 });
  expect(existsSync(home.clockFile)).toBe(false);
});

it('keeps a home whose clock was moved out of production', async () => {
  await writeFile(home.clockFile, '259200000\n');
  const start = (): unknown => movedClock(home, inProduction);
  expect(start).toThrow(StartProblem);
  expect(start).toThrow(/was moved 3d ahead, and NODE_ENV is production, where no clock is moved; choose another home/);
  expect(start).toThrow(expect.objectContaining({ exitCode: exitCodes.usage }) as Error);
  expect(existsSync(home.clockFile)).toBe(true);
});

it.each([inDevelopment, inProduction])('is named where it is damaged (%j)', async (settings) => {
  await writeFile(home.clockFile, 'soon\n');
  expect(() => movedClock(home, settings)).toThrow(/clock is damaged: 'soon' is no move of the clock/);
  await rm(home.clockFile);
  await mkdir(home.clockFile);
  expect(() => movedClock(home, settings)).toThrow(StartProblem);
});
