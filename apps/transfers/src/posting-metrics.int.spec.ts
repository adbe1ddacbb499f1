import { type Service, startService } from './service.fixture.js';

let service: Service;
beforeAll(async () => (service = await startService()), 60_000);
afterAll(() => service?.stop(), 60_000);

it('counts what was posted and refused, each once, and says nothing of tenants, ledgers and accounts', async () => {
  const before = await service.metrics();
  expect(before.get('mizan_entries_posted_total{service="transfers"}')).toBe(0);
  await service.post('/v1/ledgers/main/accounts', { id: 'bank:cash', type: 'asset', asset: 'CZK' });
  await service.post('/v1/ledgers/main/accounts', { id: 'clients:17', type: 'liability', asset: 'CZK' });
  const transfer = (id: string, more: object = {}) => ({ id, debit: 'bank:cash', credit: 'clients:17', amount: '5', ...more });
  const once = await service.post('/v1/ledgers/main/transfers', transfer('t1'));
  const again = await service.post('/v1/ledgers/main/transfers', transfer('t1'));
  expect([once.status, again.status]).toEqual([201, 200]);
  const operations = [
    { op: 'transfer', ...transfer('t2') },
    { op: 'transfer', ...transfer('t3', { credit: 'clients:18' }) },
    {
      op: 'group',
      operations: [
        { op: 'transfer', ...transfer('g1') },
        { op: 'transfer', ...transfer('g2') },
      ],
    },
  ];
  await service.post('/v1/ledgers/main/batch', { operations });
  const { status } = await service.post('/v1/ledgers/main/transfers', transfer('t4', { amount: '5', debit: 'clients:19' }));
  expect(status).toBe(404);

  const metrics = await service.metrics();
  expect(metrics.get('mizan_entries_posted_total{service="transfers"}')).toBe(4);
  expect(metrics.get('mizan_commands_rejected_total{code="account_not_found",service="transfers"}')).toBe(2);
  expect(metrics.get('mizan_command_duration_seconds_count{service="transfers"}')).toBe(6);
  expect(metrics.get('mizan_commit_group_size_sum{service="transfers"}')).toBe(9);
  expect(metrics.get('mizan_writer_queue_depth{service="transfers"}')).toBe(0);
  expect(metrics.has('mizan_journal_position{service="transfers"}')).toBe(true);
  expect([...metrics.keys()].join()).not.toMatch(/clients|bank|main|"one"/);
});
