import { nearestNames, respelled } from './nearest-names.js';

const existing = ['bank:cash', 'bank:clearing:AB', 'clients:1', 'clients:17', 'clients:170', 'clients:71', 'fees'];

it.each([
  ['clients:171', ['clients:17', 'clients:170', 'clients:71']],
  ['client:17', ['clients:17', 'clients:1', 'clients:170']],
  ['clietns:17', ['clients:17', 'clients:1', 'clients:170']],
  ['bank:clearing:BA', ['bank:clearing:AB']],
  ['Fees', ['fees']],
  ['something:else:entirely', []],
])('near %s: %p', (wanted, near) => {
  expect(nearestNames(wanted, existing)).toEqual(near);
});

it('names each candidate once', () => {
  expect(nearestNames('fee', ['fees', 'fees'])).toEqual(['fees']);
});

it('spells the first segments as the neighbours do, the likeliest first', () => {
  expect(respelled('cleints:17', ['clearing:4', 'clients:1'])).toEqual(['clients:17', 'clearing:17']);
  expect(respelled('bnak:clearing:AB', ['bank:clearing:CD'])).toEqual(['bank:clearing:AB']);
  expect(respelled('fees', ['clients:1'])).toEqual([]);
});

it('looks at a bounded number of spellings', () => {
  expect(
    respelled(
      'a:1',
      Array.from({ length: 100 }, (_, n) => `b${n}:1`),
    ),
  ).toHaveLength(16);
});
