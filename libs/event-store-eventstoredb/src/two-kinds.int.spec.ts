import { AppendRefused, type FeedAppend, type FeedToken } from '@mizan/event-store';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { EventStoreDbStore } from './eventstoredb-store.js';

// The stores of two services on one server.

let server: EventStoreDb;
let journal: EventStoreDbStore;
let payouts: EventStoreDbStore;

beforeEach(async () => {
  server = await startEventStoreDb();
  journal = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
  payouts = await EventStoreDbStore.open({ url: server.url, kinds: ['payout', 'batch'] });
});

afterEach(async () => {
  await Promise.all([journal.close(), payouts.close()]);
  await server.stop();
});

const streamOf = (kind: string): string => `${kind}-${randomUUID()}`;
const streamsOf = (appends: readonly FeedAppend[]): string[] => appends.map(({ stream }) => stream);

/** The streams of the first appends that a subscription gives. */
async function heard(store: EventStoreDbStore, after: FeedToken | null, count: number): Promise<string[]> {
  const streams: string[] = [];
  for await (const page of store.subscribe(after, new AbortController().signal)) {
    streams.push(...streamsOf(page.appends));
    if (streams.length >= count) break;
  }
  return streams;
}

test('each store has the streams of its kinds alone, in the order of their appends', async () => {
  const [entry, payout, batch, payoutsOther] = [streamOf('journal'), streamOf('payout'), streamOf('batch'), streamOf('payouts')];
  await payouts.append(payout, 0, ['a', 'b']);
  await journal.append(entry, 0, ['c']);
  await payouts.append(batch, 0, ['d']);
  const others = await EventStoreDbStore.open({ url: server.url, kinds: ['payouts'] });
  await others.append(payoutsOther, 0, ['of a kind that begins alike']);
  await others.close();
  await payouts.append(payout, 2, ['e']);

  const [ofJournal, ofPayouts] = [await journal.readAll(null, 10), await payouts.readAll(null, 10)];
  expect(streamsOf(ofJournal.appends)).toEqual([entry]);
  expect(streamsOf(ofPayouts.appends)).toEqual([payout, batch, payout]);
  expect((await journal.heads(null, 10)).heads).toEqual([{ stream: entry, version: 1 }]);
  expect((await payouts.heads(null, 10)).heads).toEqual([
    { stream: batch, version: 1 },
    { stream: payout, version: 3 },
  ]);
  expect(await heard(journal, null, 1)).toEqual([entry]);
  expect(await heard(payouts, ofPayouts.appends[0]!.token, 2)).toEqual([batch, payout]);
});

test('a subscription does not hear what the other store appends', async () => {
  const stream = streamOf('journal');
  const hearing = heard(journal, null, 1);
  for (let n = 0; n < 5; n += 1) await payouts.append(streamOf('payout'), 0, ['theirs']);
  await journal.append(stream, 0, ['mine']);
  expect(await hearing).toEqual([stream]);
});

test('streams of another owner are not there, also where their names are known', async () => {
  const stream = streamOf('payout');
  await payouts.append(stream, 0, ['theirs', 'too']);
  expect(await journal.version(stream)).toBe(0);
  expect(await journal.read(stream, 0, 10)).toEqual([]);
  expect(await journal.readBackwards(stream, 10, 10)).toEqual([]);
});

test('streams of other kinds cannot be appended to, and nothing of it is written', async () => {
  for (const stream of [streamOf('payout'), streamOf('journals'), 'journal', `owner-of-journal-`]) {
    const attempt = journal.append(stream, 0, ['a']);
    await expect(attempt).rejects.toBeInstanceOf(AppendRefused);
    await expect(attempt).rejects.toThrow(/^Mistake in the program: .* would not be in the feed/);
    expect(await journal.version(stream)).toBe(0);
  }
  await expect(payouts.append(streamOf('journal'), 0, ['a'])).rejects.toThrow("begin with 'payout-' or 'batch-'.");
});

test.each([[[]], [['']], [['journal-main']], [['journal', 'Payout']]])('a store does not open for the kinds %j', async (kinds) => {
  await expect(EventStoreDbStore.open({ url: server.url, kinds })).rejects.toThrow(/kind of stream/);
});
