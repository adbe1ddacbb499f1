import { nearest } from './nearest.js';

it('finds the few names most like a mistyped one, the nearest first', () => {
  expect(nearest('clients:237', ['clients:2378', 'clients:9', 'bank:cash', 'clients:23', 'clients:2379', 'clients:2377'])).toEqual([
    'clients:23',
    'clients:2377',
    'clients:2378',
  ]);
});

it('finds nothing where all names are different ones', () => {
  expect(nearest('clients:237', ['bank:cash', 'x'])).toEqual([]);
});
