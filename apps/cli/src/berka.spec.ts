import { type BerkaRow, isFault, movementOf } from './berka.js';

const row: BerkaRow = {
  trans_id: '695247',
  account_id: '2378',
  date: '1993-01-01',
  type: 'PRIJEM',
  operation: 'VKLAD',
  amount: '700.00',
  k_symbol: '',
  bank: '',
};

/** `debit > credit (reference)` of a row, or `field: problem`. */
function told(change: Partial<BerkaRow>): string {
  const outcome = movementOf({ ...row, ...change });
  if (isFault(outcome)) return `${outcome.field}: ${outcome.problem}`;
  const { debit, credit, reference } = outcome.transfer;
  return `${debit} > ${credit}${reference ? ` (${reference})` : ''}`;
}

it('makes a transfer of a row: the id from trans_id, whole minor units, effective on the booking date', () => {
  expect(movementOf(row)).toEqual({
    accounts: [
      { op: 'open', id: 'clients:2378', type: 'liability', asset: 'CZK' },
      { op: 'open', id: 'bank:cash', type: 'asset', asset: 'CZK' },
    ],
    transfer: {
      op: 'transfer',
      id: 'berka:695247',
      debit: 'bank:cash',
      credit: 'clients:2378',
      amount: 70_000n,
      effectiveAt: '1993-01-01T00:00:00Z',
    },
  });
});

it.each`
  type        | operation           | k_symbol         | bank    | entry
  ${'PRIJEM'} | ${'VKLAD'}          | ${''}            | ${''}   | ${'bank:cash > clients:2378'}
  ${'VYDAJ'}  | ${'VYBER'}          | ${''}            | ${''}   | ${'clients:2378 > bank:cash'}
  ${'VYBER'}  | ${'VYBER'}          | ${''}            | ${''}   | ${'clients:2378 > bank:cash'}
  ${'VYDAJ'}  | ${'VYBER'}          | ${'SIPO'}        | ${''}   | ${'clients:2378 > bank:cash (household)'}
  ${'PRIJEM'} | ${''}               | ${'UROK'}        | ${''}   | ${'bank:interest-paid > clients:2378 (interest)'}
  ${'VYDAJ'}  | ${'VYBER'}          | ${'SLUZBY'}      | ${''}   | ${'clients:2378 > bank:fees (statement fee)'}
  ${'VYDAJ'}  | ${'VYBER'}          | ${'SANKC. UROK'} | ${''}   | ${'clients:2378 > bank:penalty-interest (penalty interest)'}
  ${'PRIJEM'} | ${'PREVOD Z UCTU'}  | ${''}            | ${'AB'} | ${'bank:clearing:AB > clients:2378'}
  ${'PRIJEM'} | ${'PREVOD Z UCTU'}  | ${'DUCHOD'}      | ${'OP'} | ${'bank:clearing:OP > clients:2378 (pension)'}
  ${'VYDAJ'}  | ${'PREVOD NA UCET'} | ${''}            | ${'YZ'} | ${'clients:2378 > bank:clearing:YZ'}
  ${'VYDAJ'}  | ${'PREVOD NA UCET'} | ${'SIPO'}        | ${'EF'} | ${'clients:2378 > bank:clearing:EF (household)'}
  ${'VYDAJ'}  | ${'PREVOD NA UCET'} | ${'POJISTNE'}    | ${'GH'} | ${'clients:2378 > bank:clearing:GH (insurance)'}
  ${'VYDAJ'}  | ${'PREVOD NA UCET'} | ${'UVER'}        | ${'IJ'} | ${'clients:2378 > bank:clearing:IJ (loan payment)'}
  ${'VYDAJ'}  | ${'VYBER KARTOU'}   | ${''}            | ${''}   | ${'clients:2378 > bank:clearing:cards'}
`('$type $operation $k_symbol is $entry', ({ entry, ...change }: { entry: string } & Partial<BerkaRow>) => {
  expect(told(change)).toBe(entry);
});

it.each([
  [{ trans_id: '' }, "trans_id: an empty field is not a number of the bank's."],
  [{ trans_id: '007' }, 'trans_id: "007" is not a number of the bank\'s.'],
  [{ account_id: '23 78' }, 'account_id: "23 78" is not a number of the bank\'s.'],
  [{ date: '1993-02-29' }, 'date: "1993-02-29" is not a day such as 1993-01-31.'],
  [{ date: '930101' }, 'date: "930101" is not a day such as 1993-01-31.'],
  [{ date: '1993-13-01' }, 'date: "1993-13-01" is not a day such as 1993-01-31.'],
  [{ type: 'PRIJMY' }, 'type: "PRIJMY" is unknown; known are PRIJEM, VYDAJ and VYBER.'],
  [{ operation: 'VKLADY' }, 'operation: "VKLADY" is unknown for PRIJEM.'],
  [{ operation: 'PREVOD NA UCET', bank: 'AB' }, 'operation: "PREVOD NA UCET" is unknown for PRIJEM.'],
  [{ k_symbol: 'SIPO' }, 'k_symbol: "SIPO" is unknown for PRIJEM VKLAD.'],
  [{ operation: '' }, 'k_symbol: an empty field is unknown for PRIJEM.'],
  [{ type: '__proto__', operation: '' }, 'type: "__proto__" is unknown; known are PRIJEM, VYDAJ and VYBER.'],
  [{ amount: '-700.00' }, 'amount: "-700.00" is negative; the type says which way the money goes.'],
  [{ amount: '700.001' }, 'amount: "700.001" has more than 2 decimal places; CZK has no smaller unit.'],
  [{ amount: '7e2' }, 'amount: "7e2" is not an amount such as 700.00.'],
  [{ amount: '1,000.00' }, 'amount: "1,000.00" is not an amount such as 700.00.'],
  [{ amount: '0.00' }, 'amount: It is zero; a movement moves something.'],
  [{ amount: '9'.repeat(39) }, `amount: "${'9'.repeat(39)}" is larger than any amount.`],
  [{ operation: 'PREVOD Z UCTU' }, 'bank: A transfer from or to another bank must name it.'],
  [{ operation: 'PREVOD Z UCTU', bank: 'A:B' }, 'bank: "A:B" is not a bank\'s two letters.'],
  [{ bank: 'AB' }, 'bank: "AB" has no part in this operation; leave it empty.'],
])('refuses %j', (change, problem) => {
  expect(told(change)).toBe(problem);
});
