import { InMemoryEventStore } from '@mizan/event-store';
import { JournalOwners } from './journal-owners.js';

const opened = (stream: string, ledger: string): string =>
  JSON.stringify({
    actor: 'service:test',
    causation: null,
    correlation: null,
    data: { group: null, ledger, name: 'Main books', tenant: 'acme' },
    id: `${stream}:1`,
    recordedAt: '2026-01-01T00:00:00.000Z',
    schemaVersion: 1,
    stream,
    traceparent: null,
    type: 'LedgerOpened',
    version: 1,
  });

test('whose a journal is stands in its first event, which is read once while it is remembered', async () => {
  const store = new InMemoryEventStore();
  for (const name of ['a', 'b']) await store.append(`journal-${name}`, 0, [opened(`journal-${name}`, name)]);
  const reads: string[] = [];
  const counted = async (stream: string) => (reads.push(stream), (await store.read(stream, 0, 1))[0]?.text);
  const owners = new JournalOwners(counted, 1);
  expect(await owners.of('journal-a')).toEqual({ tenant: 'acme', ledger: 'a' });
  await owners.of('journal-a');
  expect(await owners.of('journal-b')).toEqual({ tenant: 'acme', ledger: 'b' });
  await owners.of('journal-a');
  expect(reads).toEqual(['journal-a', 'journal-b', 'journal-a']);
  await expect(owners.of('journal-c')).rejects.toThrow('journal-c does not begin with the opening of a ledger');
});
