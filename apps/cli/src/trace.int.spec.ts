import { type Surroundings, running } from './running.fixture.js';
import { SmallPlatform } from './small-platform.fixture.js';

let platform: SmallPlatform;
beforeEach(async () => {
  platform = await SmallPlatform.start();
  platform.openLedger('shop');
  platform.operate('shop', { op: 'open', id: 'bank:cash', type: 'asset', asset: 'CZK' });
  platform.operate('shop', { op: 'open', id: 'clients:17', type: 'liability', asset: 'CZK' });
});
afterEach(() => platform.stop());

const mizan = (args: string, around?: Surroundings) => running(platform, args.split(' '), around);
const deposit = (id: string): void =>
  void platform.operate('shop', { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:17', amount: '5' });
const fields = (out: string): string[][] =>
  out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));

it('the way back from what a key posted is one step', async () => {
  platform.asking = { actor: 'key:17ab', correlation: 'order-1', causation: null };
  deposit('t1');
  const { code, out, err } = await mizan('trace t1');
  expect(code).toBe(0);
  expect(fields(out)).toEqual([
    ['field', 'value'],
    ['event', 'journal-shop@4'],
    ['type', 'EntryPosted'],
    ['recorded', expect.stringMatching(/^20.*Z$/)],
    ['actor', 'key:17ab'],
    ['correlation', 'order-1'],
    ['causation', ''],
  ]);
  expect(err).toMatch(/^Asked by key:17ab, 20.*Z\.\n$/);
  expect(fields((await mizan('trace --position 4')).out)).toEqual(fields(out));
});

describe('the way back from what a service posted', () => {
  beforeEach(() => {
    platform.asking = { actor: 'service:payouts', correlation: 'payout-17', causation: 'payout-17@3' };
    deposit('payout-17:book:1');
  });
  const at = '2026-01-31T09:30:00.000Z';
  const byKey = { actor: 'key:17ab', at, correlation: 'order-1', causation: null };
  const payout = { process: 'payout-17', stream: 'payout-17', asked: byKey };

  it('is two steps: the process, and who asked for it', async () => {
    platform.processes.set('payout-17', payout);
    const { code, out, err } = await mizan('trace payout-17:book:1');
    expect(code).toBe(0);
    expect(fields(out).slice(4)).toEqual([
      ['actor', 'service:payouts'],
      ['correlation', 'payout-17'],
      ['causation', 'payout-17@3'],
      ['process', 'payout-17'],
      ['first event', 'payout-17@1'],
      ['asked at', at],
      ['asked by', 'key:17ab'],
      ['correlation', 'order-1'],
      ['causation', ''],
    ]);
    expect(err).toBe(`Asked by key:17ab, ${at}.\n`);
  });

  it('goes on where another service’s process asked', async () => {
    const asked = { actor: 'service:payments', at, correlation: 'payment-9', causation: 'payment-9@2' };
    platform.processes.set('payout-17', { ...payout, asked });
    platform.processes.set('payment-9', { process: 'payment-9', stream: 'payment-9', asked: byKey });
    const { code, out } = await mizan('trace payout-17:book:1 --json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ledger: 'shop',
      event: { stream: 'journal-shop', version: 4, actor: 'service:payouts', causation: 'payout-17@3' },
      processes: [
        { process: 'payout-17', asked },
        { process: 'payment-9', asked: byKey },
      ],
    });
    expect(JSON.parse(out).event).not.toHaveProperty('data');
  });

  it('says how far it came where nobody knows the process, and fails', async () => {
    const { code, out, err } = await mizan('trace payout-17:book:1');
    expect(code).toBe(1);
    expect(fields(out)).toContainEqual(['correlation', 'payout-17']);
    expect(err).toContain('Who asked service:payouts for payout-17 cannot be read: There is no process payout-17.');
  });

  it('ends where processes ask for each other in a circle', async () => {
    platform.processes.set('payout-17', { ...payout, asked: { ...byKey, actor: 'service:payouts', correlation: 'payout-17' } });
    const { code, err } = await mizan('trace payout-17:book:1');
    expect([code, err]).toEqual([1, 'Processes asked for each other, more than 8 of them.\n']);
  });

  it('says where the service named no process', async () => {
    platform.asking = { actor: 'service:payouts', correlation: null, causation: null };
    deposit('lost');
    const { code, err } = await mizan('trace lost');
    expect([code, err]).toEqual([1, 'service:payouts did not say for which process it acted.\n']);
  });
});

it('nobody asked for the end of a hold that came by itself', async () => {
  platform.lies.journal = (items) => items.map((item) => ({ ...item, event: item.event.replace('AccountOpened', 'HoldExpired') }));
  expect(await mizan('trace --position 2')).toMatchObject({ code: 0, err: 'Nobody asked: the hold had come to its end.\n' });
});

it.each([
  ['trace', 2, 'Name an entry by its id, or its --position.'],
  ['trace t1 --position 4', 2, 'Name an entry by its id, or its --position.'],
  ['trace --position 0', 2, 'a whole number from 1 on'],
  ['trace none', 4, 'The id none is not spent.'],
  ['trace --position 99', 4, 'has no position 99 yet'],
])('mizan %s ends with %i', async (args, code, why) => {
  const ended = await mizan(args);
  expect([ended.code, ended.out]).toEqual([code, '']);
  expect(ended.err).toContain(why);
});
