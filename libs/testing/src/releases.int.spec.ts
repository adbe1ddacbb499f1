import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Release, releases, unpackRelease } from './releases.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));

describe.each(await releases())('release %s', (name) => {
  let release: Release;
  beforeAll(async () => (release = await unpackRelease(name)), 60_000);
  afterAll(() => release?.remove());

  // Databases have run those migrations, and journals hold those events: what comes later stands in files of its own.
  it('its migrations and golden files are here, to the byte', async () => {
    const kept = (await Promise.all(['apps', 'libs'].map((kind) => filesIn(release, kind)))).flat().filter(isKept);
    const changed = kept.map(async (file) => {
      const [then, now] = await Promise.all([readFile(join(release.directory, file)), readFile(join(project, file)).catch(() => null)]);
      return now?.equals(then) ? [] : [file];
    });
    expect((await Promise.all(changed)).flat()).toEqual([]);
    expect(kept.length).toBeGreaterThan(7);
  });
});

/** Of a workspace what must stay for ever. */
const isKept = (file: string): boolean => /^\w+\/[\w-]+\/(migrations|golden)\//.test(file);

async function filesIn({ directory }: Release, kind: string): Promise<readonly string[]> {
  return (await readdir(join(directory, kind), { recursive: true })).map((file) => join(kind, file));
}
