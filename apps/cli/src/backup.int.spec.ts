import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running } from './running.fixture.js';

let home: string;
beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'mizan-backup-'))));
afterEach(() => rm(home, { recursive: true }));

const mizan = (args: string, env: Record<string, string> = {}) => running(null, args.split(' '), { env: { MIZAN_HOME: home, ...env } });

it.each([
  ['backup --keep 0', '--keep takes a whole number from 1 on'],
  ['restore --to main', '--to takes <ledger>@<position>'],
  ['restore --to main@0', '--to takes <ledger>@<position>'],
  ['restore --to main@1 --to-time 2026-01-31', 'Either --to or --to-time'],
  ['restore --to-time soon', 'soon is not a day'],
  ['restore --history x', '--history takes a whole number from 1 on'],
])('%s is wrong usage', async (args, message) => {
  const { code, err } = await mizan(args);
  expect(err).toContain(message);
  expect(code).toBe(2);
});

it('says where there is nothing to back up, and nothing to restore from', async () => {
  expect(await mizan('backup')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('There is no PostgreSQL data in') as string,
  });
  for (const args of ['restore', 'restore --drill', 'backup --list'])
    expect(await mizan(args)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`There is no backup in ${home}`) as string });
});

it('does nothing with a server that Mizan does not run, and says so', async () => {
  for (const args of ['backup', 'restore']) {
    const { code, err } = await mizan(args, { DATABASE_URL: 'postgres://admin:secret@db.example:5432/mizan' });
    expect(err).toMatch(/a PostgreSQL server that Mizan does not run: nothing was backed up or restored\. .*docs\/backup\.md/);
    expect(err).not.toContain('secret');
    expect(code).toBe(1);
  }
});
