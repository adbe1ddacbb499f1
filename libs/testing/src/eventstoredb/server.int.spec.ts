import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventLog, type Proposed } from './event-log.js';
import { ownEventStoreDb } from './own-server.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mizan-test-log-'));
});
afterEach(() => rm(directory, { recursive: true }));

const event = (text: string, id: string = randomUUID()): Proposed => ({
  id,
  type: 'text',
  contentType: 'application/octet-stream',
  metadata: Buffer.from('{"first":1}'),
  data: Buffer.from(text),
});
const textsOf = (log: EventLog, stream: string): string[] => (log.stream(stream) ?? []).map(({ data }) => Buffer.from(data).toString());

test('a log that is opened again has what was there, at the same positions', async () => {
  const first = new EventLog(directory);
  await first.append('a', -1, [event('1'), event('2')]);
  await first.append('b', -1, [event('3')]);
  const before = [0, 1, 2].map((index) => first.eventAt(index)!);
  first.close();
  const again = new EventLog(directory);
  expect([0, 1, 2].map((index) => again.eventAt(index))).toEqual(
    before.map((each) => expect.objectContaining({ ...each, data: expect.anything(), metadata: expect.anything() })),
  );
  expect(textsOf(again, 'a')).toEqual(['1', '2']);
  expect(await again.append('a', 1, [event('4')])).toMatchObject({ status: 'written', last: { revision: 2 } });
  again.close();
});

test.each([1, 5, 20, 100])('a tail of which %p bytes are missing is cut off, and nothing before it', async (missing) => {
  const log = new EventLog(directory);
  await log.append('a', -1, [event('whole')]);
  await log.append('a', 0, [event('torn, and long enough to be torn anywhere '.repeat(5))]);
  log.close();
  const file = join(directory, 'events.log');
  await truncate(file, (await stat(file)).size - missing);
  const again = new EventLog(directory);
  expect(textsOf(again, 'a')).toEqual(['whole']);
  expect(await again.append('a', 0, [event('next')])).toMatchObject({ status: 'written' });
  again.close();
  const last = new EventLog(directory);
  expect(textsOf(last, 'a')).toEqual(['whole', 'next']);
  last.close();
});

test('a tail of something else is cut off', async () => {
  const log = new EventLog(directory);
  await log.append('a', -1, [event('whole')]);
  log.close();
  const file = join(directory, 'events.log');
  const whole = await readFile(file);
  await appendFile(file, Buffer.alloc(300, 7));
  new EventLog(directory).close();
  expect(await readFile(file)).toEqual(whole);
});

test('expected revisions, and repeats by their ids', async () => {
  const log = new EventLog(directory);
  const [one, two, three] = ['1', '2', '3'].map((text) => event(text));
  expect(await log.append('a', 0, [one!])).toEqual({ status: 'wrong version', current: -1 });
  expect(await log.append('a', -1, [one!, two!])).toMatchObject({ status: 'written', last: { revision: 1 } });
  expect(await log.append('a', -1, [one!, two!])).toMatchObject({ status: 'repeated', last: { revision: 1 } });
  expect(await log.append('a', -1, [one!])).toMatchObject({ status: 'repeated', last: { revision: 0 } });
  expect(await log.append('a', -1, [one!, three!])).toEqual({ status: 'wrong version', current: 1 });
  expect(await log.append('a', -1, [one!, two!, three!])).toEqual({ status: 'wrong version', current: 1 });
  expect(await log.append('a', 1, [three!])).toMatchObject({ status: 'written', last: { revision: 2 } });
  expect(await log.append('a', -1, [one!, two!])).toMatchObject({ status: 'repeated', last: { revision: 1 } });
  expect(await log.append('b', -1, [one!])).toMatchObject({ status: 'written', last: { revision: 0 } });
  log.close();
});

test('killed in the middle of appends, it has all that it acknowledged when it comes back, and nothing by halves', async () => {
  const server = await ownEventStoreDb();
  const client = EventStoreDBClient.connectionString(server.url);
  const acknowledged: number[] = [];
  const write = async (writer: number): Promise<void> => {
    for (let revision = -1n; ; revision += 3n)
      try {
        await client.appendToStream(`stream-${writer}`, [0, 1, 2].map((n) => ({ ...event(`${revision}/${n}`) })) as never, {
          expectedRevision: revision < 0n ? 'no_stream' : revision,
        });
        acknowledged[writer] = Number(revision) + 4;
      } catch {
        return;
      }
  };
  const writing = [0, 1, 2, 3].map(write);
  while (acknowledged.filter((count) => count > 30).length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
  await server.kill();
  await Promise.all(writing);
  await server.restart();
  const after = EventStoreDBClient.connectionString(server.url);
  for (const writer of [0, 1, 2, 3]) {
    let count = 0;
    for await (const { event: read } of after.readStream(`stream-${writer}`)) expect(read!.revision).toBe(BigInt(count++));
    expect(count).toBeGreaterThanOrEqual(acknowledged[writer]!);
    expect(count % 3).toBe(0);
  }
  await client.dispose();
  await after.dispose();
  await server.stop();
}, 60_000);
