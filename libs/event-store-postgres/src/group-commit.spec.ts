import { AppendRefused, type Appended } from '@mizan/event-store';
import { type Append, GroupCommit } from './group-commit.js';

const append = (stream: string, bytes = 1): Append => ({ stream, expectedVersion: 0, events: ['x'], bytes });

/** Commits that end when the test says so. */
function commits(): { group: GroupCommit; begun: string[][]; end: (outcome?: Error) => Promise<void> } {
  const begun: string[][] = [];
  let settle: ((outcome?: Error) => void) | null = null;
  const group = new GroupCommit((appends) => {
    begun.push(appends.map(({ stream }) => stream));
    return new Promise((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve(appends.map((_, index): Appended => ({ status: 'appended', version: index }))));
    });
  });
  const end = async (outcome?: Error): Promise<void> => {
    settle!(outcome);
    settle = null;
    await new Promise(setImmediate);
  };
  return { group, begun, end };
}

test('appends of one turn share a commit; what comes while it is on its way shares the next', async () => {
  const { group, begun, end } = commits();
  const first = [group.append(append('b')), group.append(append('a'))];
  await Promise.resolve();
  const later = [group.append(append('c')), group.append(append('d'))];
  expect(begun).toEqual([['a', 'b']]);
  await end();
  expect(begun).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  await end();
  expect((await Promise.all([...first, ...later])).map((appended) => appended.status)).toEqual(Array(4).fill('appended'));
});

test('each append gets its own result, though a commit sorts them by stream and keeps the order within one', async () => {
  const results = new Map<Append, number>();
  const group = new GroupCommit(async (appends) =>
    appends.map((each, index): Appended => {
      results.set(each, index);
      return { status: 'appended', version: index };
    }),
  );
  const appended = await Promise.all(['b', 'a', 'b', 'a', 'c'].map((stream) => group.append(append(stream))));
  expect(appended.map((each) => each.status === 'appended' && each.version)).toEqual([2, 0, 3, 1, 4]);
});

test('a commit holds at most 256 appends and 8 MiB, but any one append', async () => {
  const { group, begun, end } = commits();
  const all = Array.from({ length: 300 }, () => group.append(append('many')));
  all.push(...[5, 3, 4, 9].map((mebibytes) => group.append(append('large', mebibytes * 1024 * 1024))));
  await Promise.resolve();
  for (let commit = 0; commit < 4; commit += 1) await end();
  expect(begun.map((streams) => streams.length)).toEqual([256, 45, 2, 1]);
  await Promise.all(all);
});

test('an error is the answer to its own commit alone', async () => {
  const { group, end } = commits();
  const failed = group.append(append('a'));
  await Promise.resolve();
  const later = group.append(append('b'));
  const lost = new Error('lost');
  const answer = failed.catch((error: unknown) => error);
  await end(lost);
  expect(await answer).toBe(lost);
  await end();
  expect(await later).toEqual({ status: 'appended', version: 0 });
});

test('beyond 8192 waiting appends or 64 MiB, an append is refused at once; those before are served', async () => {
  const { group, begun, end } = commits();
  const waiting = Array.from({ length: 8192 }, () => group.append(append('a')));
  expect(() => group.append(append('a'))).toThrow(AppendRefused);
  await Promise.resolve();
  for (let commit = 0; commit < 8192 / 256; commit += 1) await end();
  await Promise.all(waiting);
  expect(begun).toHaveLength(32);

  const large = Array.from({ length: 16 }, () => group.append(append('a', 4 * 1024 * 1024)));
  expect(() => group.append(append('a'))).toThrow(/Try again/);
  await Promise.resolve();
  for (let commit = 0; commit < 8; commit += 1) await end();
  await Promise.all(large);
});

test('close waits for what is on its way and refuses what comes after', async () => {
  const { group, end } = commits();
  const last = group.append(append('a'));
  await Promise.resolve();
  const closing = group.close();
  expect(() => group.append(append('b'))).toThrow(/closed/);
  await end();
  await closing;
  expect(await last).toEqual({ status: 'appended', version: 0 });
});
