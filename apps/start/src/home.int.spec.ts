import { chmodSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome, readJson } from './home.js';
import { exitCodes } from './start-problem.js';

describe('the home', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'mizan-home-'))));
  afterEach(() => rm(directory, { recursive: true }));
  const mode = (...path: string[]): string => (statSync(join(directory, ...path)).mode & 0o777).toString(8);

  it('is closed to others, also where it was made open', async () => {
    await mkdir(join(directory, 'logs'));
    await writeFile(join(directory, 'logs', 'kafka.log'), '');
    for (const path of [directory, join(directory, 'logs')]) chmodSync(path, 0o755);
    chmodSync(join(directory, 'logs', 'kafka.log'), 0o644);
    await openHome(directory);
    expect([mode(), mode('logs'), mode('secrets'), mode('logs', 'kafka.log.1')]).toEqual(['700', '700', '700', '600']);
  });

  it('that lies in a folder which holds other things leaves that folder open, and closes its own', async () => {
    chmodSync(directory, 0o755);
    await writeFile(join(directory, 'other'), '');
    await openHome(directory);
    expect([mode(), mode('logs'), mode('secrets')]).toEqual(['755', '700', '700']);
  });

  it('cannot be a file', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    for (const home of [file, join(file, 'below')])
      await expect(openHome(home)).rejects.toMatchObject({
        exitCode: exitCodes.usage,
        message: expect.stringMatching(/file.* it is a file, or lies in one\. .*MIZAN_HOME=/) as string,
      });
  });

  it('names a damaged file and says what to do', async () => {
    const file = join(directory, 'api-keys.json');
    expect(await readJson(file)).toBeNull();
    await writeFile(file, '{"development":');
    await expect(readJson(file)).rejects.toThrow(/api-keys\.json is damaged: it is not JSON\. Remove it and start again/);
  });
});
