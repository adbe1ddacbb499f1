import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { type Release, releases, unpackRelease } from '@mizan/testing';
import { anyEvent, encodeAny } from './every-event.fixture.js';

const EVENTS = 2_000;
const codec = fileURLToPath(new URL('./released-codec.fixture.mjs', import.meta.url));

const names = await releases();

describe.each(names)('release %s', (name) => {
  let release: Release;
  beforeAll(async () => (release = await unpackRelease(name)), 60_000);
  afterAll(() => release?.remove());

  // Services of the newest release run beside those built now, and must read what they write.
  const may = name === names.at(-1) ? 'refuses none' : 'refuses only schema versions that it lacks';
  it(`reads what is written today as the same events, to the byte, and ${may}`, async () => {
    const known = name === names.at(-1) ? null : await versionsOf(release);
    const events = fc.sample(anyEvent, EVENTS);
    const written = events.map((event, i) => encodeAny(event, i % 2 === 1));
    const answers = await read(
      release,
      written.map(({ text, kept }) => ({ event: text, texts: kept?.texts ?? null })),
    );
    const otherwise = answers.flatMap((answer, i) => {
      const { text } = written[i]!;
      const { schemaVersion } = JSON.parse(text) as { schemaVersion: number };
      const isRight =
        known && !known.has(schemaVersion)
          ? answer.refused?.includes(`has schema version ${schemaVersion}; this program knows`)
          : isDeepStrictEqual(answer, { read: JSON.parse(JSON.stringify(events[i], bigintToo)) as unknown, again: text });
      return isRight ? [] : [{ text, answer }];
    });
    expect(otherwise.slice(0, 1)).toEqual([]);
    expect(answers).toHaveLength(EVENTS);
  }, 60_000);
});

/** The schema versions that a release knows: each has its golden file. */
async function versionsOf({ directory }: Release): Promise<ReadonlySet<number>> {
  const files = await readdir(join(directory, 'libs/contracts/golden'));
  return new Set(files.flatMap((file) => /^journal-v(\d+)\.jsonl$/.exec(file)?.[1] ?? []).map(Number));
}

interface Answer {
  readonly read?: unknown;
  readonly again?: string;
  readonly refused?: string;
}

/** In a process of its own, which knows nothing of the code of today. */
async function read(release: Release, events: readonly object[]): Promise<readonly Answer[]> {
  const child = spawn(process.execPath, [codec, join(release.directory, 'libs/contracts/dist/index.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

const bigintToo = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
