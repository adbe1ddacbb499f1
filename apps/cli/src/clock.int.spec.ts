import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running } from './running.fixture.js';

let home: string;
beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'mizan-clock-'))));
afterEach(() => rm(home, { recursive: true }));

const mizan = (args: string, env: Record<string, string> = {}) =>
  running(null, args.split(' '), { env: { MIZAN_HOME: home, DATABASE_URL: 'postgres://admin:secret@db.example:5432/mizan', ...env } });
const started = (moves = ''): Promise<void> => writeFile(join(home, 'clock'), moves);
const kept = (): Promise<string> => readFile(join(home, 'clock'), 'utf8');

it('shows the clock, moved or not', async () => {
  expect((await mizan('clock')).out).toMatch(/^clock\tahead\treal time\n(\S+)\t0s\t\1\n$/);
  await started('259200000\n');
  const { out } = await mizan('clock --json');
  const { now, realTime, ...rest } = JSON.parse(out) as { now: string; realTime: string };
  expect(rest).toEqual({ aheadMs: 259_200_000 });
  expect(Date.parse(now) - Date.parse(realTime)).toBe(259_200_000);
});

it('moves it forward, again and again', async () => {
  await started();
  expect((await mizan('clock advance 3d')).out).toMatch(/\t3d\t/);
  expect((await mizan('clock advance 1h30m')).out).toMatch(/\t3d 1h 30m\t/);
  expect(await kept()).toBe('259200000\n5400000\n');
});

it('moves nothing in production, and says so in one line', async () => {
  await started();
  expect(await mizan('clock advance 3d', { NODE_ENV: 'production' })).toEqual({
    code: 1,
    out: '',
    err: 'error: NODE_ENV is production, where no clock is moved.\n',
  });
  expect(await kept()).toBe('');
});

it('moves nothing where no start has made a clock', async () => {
  const { code, err } = await mizan('clock advance 3d');
  expect([code, err]).toEqual([1, expect.stringContaining('No clock can be moved in') as string]);
});

it.each(['clock advance 3', 'clock advance 0d', 'clock advance -- -3d', 'clock advance'])('%s is wrong usage', async (args) => {
  await started('5\n');
  expect((await mizan(args)).code).toBe(2);
  expect(await kept()).toBe('5\n');
});
