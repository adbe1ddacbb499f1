import * as fc from 'fast-check';
import { accountTypes, isAccountId } from '@mizan/ledger';
import { accountName, accountOf } from './account-name.js';

it.each([
  ['asset', 'bank:cash', 'Assets:Bank:Cash'],
  ['liability', 'clients:17', 'Liabilities:Clients:17'],
  ['expense', 'bank:interest-paid', 'Expenses:Bank:Interest-paid'],
  ['income', 'fees_2024.q1', 'Income:Fees--5F2024--2Eq1'],
  ['equity', 'fx:EUR-usd', 'Equity:Fx:EUR-usd'],
  ['asset', 'Bank:eUR:A:a:1A:Ab', 'Assets:Bank--CASE:EUR--CASE:A--CASE:A:1A:Ab--CASE'],
  ['asset', 'A-CASE:a--CASE', 'Assets:A-CASE--CASE:A--2D--2DCASE'],
  ['asset', 'a--b', 'Assets:A--2D--2Db'],
  ['asset', 'a-', 'Assets:A--2D'],
  ['asset', 'a-_b', 'Assets:A--2D--5Fb'],
  ['asset', 'a_-b', 'Assets:A--5F--2Db'],
] as const)('of the %s account %s is %s', (type, id, name) => {
  expect(accountName(type, id)).toBe(name);
  expect(accountOf(name)).toEqual({ type, id });
});

it.each([
  'Assets',
  'Cash',
  'Assets:cash',
  'Assets:A_b',
  'Assets:A--5f',
  'Assets:A-',
  'Assets:A--CASE--CASE',
  'Assets:1--CASE',
  'Assets:',
  'Assets: A',
  'assets:A',
])('%p is the name of no account', (name) => expect(accountOf(name)).toBeNull());

const segment = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,12}$/);
const id = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(':'));

it('turns every id into a name that both tools take, and back', () => {
  fc.assert(
    fc.property(fc.constantFrom(...accountTypes), id, (type, id) => {
      expect(isAccountId(id)).toBe(true);
      const name = accountName(type, id);
      expect(name).toMatch(/^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+$/);
      expect(accountOf(name)).toEqual({ type, id });
    }),
    { numRuns: 5_000 },
  );
});
