import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running } from './running.fixture.js';

it('says that it needs a platform that runs here', async () => {
  const home = await mkdtemp(join(tmpdir(), 'mizan-rebuild-'));
  try {
    expect(await running(null, ['rebuild'], { env: { MIZAN_HOME: home } })).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/Mizan does not run in .*mizan-rebuild-.*npm start/) as string,
    });
  } finally {
    await rm(home, { recursive: true });
  }
});
