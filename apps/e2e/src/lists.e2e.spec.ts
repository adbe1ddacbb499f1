import { MizanClient } from '@mizan/client';
import { type Platform, runPlatform, testBus } from '@mizan/testing';

let platform: Platform;
let client: MizanClient;

beforeAll(async () => {
  platform = await runPlatform({ empty: true, environment: { BUS: testBus() } });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
}, 120_000);
afterAll(async () => {
  await client?.close();
  await platform?.stop();
}, 60_000);

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

it('the lists of the read models show entries and holds as the writer shows each', async () => {
  await client.putLedger('main');
  await client.putLedger('other');
  await client.openAccount('main', { id: 'bank:cash', type: 'asset', asset: 'CZK' });
  await client.openAccount('main', { id: 'clients:17', type: 'liability', asset: 'CZK' });
  // A key that programs have a use of their own for is one like any other.
  const words = JSON.parse('{"b":"2","a":"1","__proto__":"p","constructor":"c"}') as Record<string, string>;
  const wordsOf = ({ metadata }: { metadata: object }) => new Map(Object.entries(metadata));
  const move = { debit: 'bank:cash', credit: 'clients:17', amount: 1_000n };
  await client.transfer('main', {
    ...move,
    id: 't1',
    effectiveAt: '2020-02-29T12:00:00.5Z',
    reference: 'rent',
    metadata: words,
  });
  await client.placeHold('main', { ...move, id: 'h1', expiresAt: '2099-01-01T00:00:00Z', reference: 'card', metadata: words });
  await client.captureHold('main', 'h1', { id: 'c1', amount: 300n, final: false });
  await client.placeHold('main', { ...move, id: 'h2' });
  await client.releaseHold('main', 'h2', 'x1');
  await client.reverse('main', 't1', { id: 'r1', amount: 400n });
  await client.reverse('main', 't1', { id: 'r2', amount: 1n });
  const { position } = await client.ledger('main');

  const entries = await all(client.entries('main', { minPosition: position, order: 'oldest' }));
  expect(entries.map(({ id }) => id)).toEqual(['t1', 'c1', 'r1', 'r2']);
  for (const entry of entries) expect(entry).toEqual(await client.entry('main', entry.id));
  expect(wordsOf(entries[0]!)).toEqual(wordsOf({ metadata: words }));
  expect(await all(client.entries('main', { metadata: JSON.parse('{"__proto__":"p"}') as typeof words }))).toEqual([
    entries[1],
    entries[0],
  ]);
  expect(entries[0]?.reversedBy).toEqual(['r1', 'r2']);

  const holds = await all(client.holds('main', { minPosition: position }));
  expect(holds.map(({ id, status }) => [id, status])).toEqual([
    ['h2', 'released'],
    ['h1', 'placed'],
  ]);
  expect(wordsOf(holds[1]!)).toEqual(wordsOf({ metadata: words }));
  for (const hold of holds) expect(hold).toEqual(await client.hold('main', hold.id));
});
