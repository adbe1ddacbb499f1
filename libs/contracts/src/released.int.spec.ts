import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { type Release, releases, unpackRelease } from '@mizan/testing';
import { anyEvent, encodeAny } from './every-event.fixture.js';

const EVENTS = 2_000;
const codec = fileURLToPath(new URL('./released-codec.fixture.mjs', import.meta.url));

describe.each(await releases())('release %s', (name) => {
  let release: Release;
  beforeAll(async () => (release = await unpackRelease(name)), 60_000);
  afterAll(() => release?.remove());

  it('reads what is written today as the same events, to the byte, or refuses it by its schema version', async () => {
    const events = fc.sample(anyEvent, EVENTS);
    const written = events.map((event, i) => encodeAny(event, i % 2 === 1));
    const answers = await read(
      release,
      written.map(({ text, kept }) => ({ event: text, texts: kept?.texts ?? null })),
    );
    const refused = answers.filter((answer) => /has schema version \d+; this program knows/.test(answer.refused ?? ''));
    const otherwise = answers.flatMap((answer, i) => {
      const wanted = { read: JSON.parse(JSON.stringify(events[i], bigintToo)) as unknown, again: written[i]!.text };
      return refused.includes(answer) || isDeepStrictEqual(answer, wanted) ? [] : [{ wanted, answer }];
    });
    expect(otherwise.slice(0, 1)).toEqual([]);
    expect(answers).toHaveLength(EVENTS);
  }, 60_000);
});

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
