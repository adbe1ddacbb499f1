import type { SmallPlatform } from '../small-platform.fixture.js';

/** A ledger `shop` with all that an export has to write: odd names, assets and texts, entries of every kind, in no order of days. */
export function openRichBook(platform: SmallPlatform): void {
  platform.openLedger('shop');
  const { book } = platform.books.get('shop')!;
  book.defineAsset('ETH', 18);
  book.defineAsset('POINTS2', 0);
  book.defineAsset('TRUE', 2);
  const operate = (operation: object): void => {
    const result = platform.operate('shop', operation);
    if (result.status !== 'applied') throw new Error(JSON.stringify(result));
  };
  const open = (id: string, type: string, asset: string, minBalance?: string): void => operate({ op: 'open', id, type, asset, minBalance });
  open('bank:cash', 'asset', 'CZK');
  open('clients', 'liability', 'CZK');
  open('clients:17', 'liability', 'CZK');
  open('clients:17:savings_2026.a-', 'liability', 'CZK');
  open('Clients:17', 'liability', 'CZK');
  open(`clients:${'a-very-long-name.'.repeat(3)}of:it`, 'liability', 'CZK');
  open('never-moved', 'income', 'CZK', '0');
  open('till:kwd', 'asset', 'KWD');
  open('till:jpy', 'asset', 'JPY');
  open('fx:kwd', 'equity', 'KWD');
  open('fx:jpy', 'equity', 'JPY');
  open('wallet', 'asset', 'ETH');
  open('wallet:owed', 'liability', 'ETH');
  open('points', 'asset', 'POINTS2');
  open('points:given', 'expense', 'POINTS2');
  open('true', 'asset', 'TRUE');
  open('true:owed', 'equity', 'TRUE');
  const transfer = (id: string, debit: string, credit: string, amount: string, day: string, reference?: string): void =>
    operate({ op: 'transfer', id, debit, credit, amount, effectiveAt: `${day}T12:00:00Z`, ...(reference ? { reference } : {}) });
  transfer('d1', 'bank:cash', 'clients:17', '123456700', '2026-02-28', 'opening "deposit" \\ of; 100%; %3B');
  transfer('d2', 'bank:cash', 'clients', '5', '2025-12-31', 'إيداع نقدي');
  transfer('date:2020-99-99', 'clients:17', 'clients:17:savings_2026.a-', '1', '2026-02-28', '=1+1 ; position:7, date:2020-13-45');
  transfer('d4', 'bank:cash', 'Clients:17', '999', '2026-01-31', "'-5");
  transfer(
    'd5',
    'bank:cash',
    `clients:${'a-very-long-name.'.repeat(3)}of:it`,
    '31',
    '2026-01-31',
    '| * ! (x) [2020-01-01] {{ @ = #tag ^link',
  );
  transfer('e1', 'wallet', 'wallet:owed', '1234567890123456789', '2026-01-01', 'one wei and some');
  transfer('p1', 'points:given', 'points', '40', '2026-01-02');
  transfer('t1', 'true', 'true:owed', '40', '2026-01-02');
  operate({
    op: 'transfer',
    id: 'fx-1',
    postings: [
      { account: 'till:kwd', side: 'debit', amount: '1234' },
      { account: 'fx:kwd', side: 'credit', amount: '1234' },
      { account: 'fx:jpy', side: 'debit', amount: '600' },
      { account: 'till:jpy', side: 'credit', amount: '600' },
    ],
    effectiveAt: '2026-02-28T23:59:59.999Z',
    metadata: { rate: '486.2', 'a,b': '"' },
  });
  operate({ op: 'hold', id: 'h1', debit: 'clients:17', credit: 'bank:cash', amount: '500', reference: 'a table for two' });
  operate({ op: 'capture', id: 'c1', hold: 'h1', amount: '450' });
  operate({ op: 'reverse', id: 'r1', entry: 'd4', amount: '99' });
  // Refused, and recorded as such: no entry.
  platform.operate('shop', { op: 'transfer', id: 'no', debit: 'never-moved', credit: 'bank:cash', amount: '1' });
}
