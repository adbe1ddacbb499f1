import { type ServiceRow, serviceNamed, services } from '@mizan/contracts';
import { type GivenPrefix, prefixRefusal, prefixesAround } from './id-prefixes.js';

const payouts: ServiceRow = { ...serviceNamed('accounts'), name: 'payouts', processes: ['payout'] };
const rows = [...services, payouts];
const given: readonly GivenPrefix[] = [
  { prefix: 'order-', revoked: false },
  { prefix: 'till:', revoked: true },
];

it.each(['invoice-', 'order', 'ord', 'order-1', 'till', 'till:3', 'payout-', 'pay', 'payout-7', 'in', '-order', 'a b', 'x'.repeat(41)])(
  'of the prefixes that may be given beside others, %s is one or is refused',
  (prefix) => expect(prefixRefusal(prefix, given, rows) === null).toBe(prefix === 'invoice-'),
);

it('what a revoked key owned can be taken over, whole', () => {
  expect(prefixRefusal('till:', given, rows)).toBeNull();
  expect(prefixRefusal('till:3', given, rows)).toContain('was given the prefix till:');
});

it('a refusal names the prefix in the way', () => {
  expect(prefixRefusal('order-1', given, rows)).toContain('was given the prefix order-');
  expect(prefixRefusal('pay', given, rows)).toContain('Ids that begin with payout- are a service’s');
});

it('a tenant has 16 at most, and the last of them can still be replaced', () => {
  const many = Array.from({ length: 16 }, (_, i) => ({ prefix: `shop${String(i).padStart(2, '0')}-`, revoked: i === 15 }));
  expect(prefixRefusal('invoice-', many, rows)).toContain('at most 16');
  expect(prefixRefusal('shop15-', many, rows)).toBeNull();
});

it('where nobody owns one, a token says nothing of prefixes', () => {
  expect(prefixesAround([], [], services)).toBeNull();
  expect(prefixesAround([], [], rows)).toEqual({ own: [], reserved: ['payout-'] });
});
