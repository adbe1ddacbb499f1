import type { Dice } from './dice.js';

/** Accounts that callers speak of: type and asset. */
const accounts: Readonly<Record<string, readonly [type: string, asset: string]>> = {
  'bank:cash': ['asset', 'CZK'],
  'bank:fees': ['income', 'CZK'],
  'clients:1': ['liability', 'CZK'],
  'clients:2': ['liability', 'CZK'],
  'clients:3': ['liability', 'CZK'],
  'bank:usd': ['asset', 'USD'],
  'clients:4': ['liability', 'USD'],
  'shop:points': ['expense', 'POINTS'],
  'clients:5': ['equity', 'POINTS'],
};
export const names: readonly string[] = Object.keys(accounts);
const assetOf = (name: string): string | undefined => accounts[name]?.[1];
const crowns = names.filter((name) => assetOf(name) === 'CZK');
/** An account that nobody opens; whoever tries has an asset that nobody defined. */
const STRANGER = 'clients:9';
/** Two of these overflow a total; one of them and one less fill it to the brim. */
const HUGE = 2n ** 127n;

export const someAccount = (dice: Dice): string => (dice.chance(0.03) ? STRANGER : dice.pick(names));

export const someAmount = (dice: Dice, most: number): string => String(dice.between(1, most));

/** What opens an account, with limits that are soon reached. */
export function termsOf(id: string, dice: Dice): object {
  const [type, asset] = accounts[id] ?? ['liability', 'XXX9'];
  const floor = id.startsWith('clients') && dice.chance(0.7) ? { minBalance: String(dice.pick([0, -40, -150])) } : {};
  const ceiling = dice.chance(0.25) ? { maxBalance: String(dice.between(80, 200)) } : {};
  const metadata = dice.chance(0.3) ? { metadata: { kind: dice.pick(['a', 'b']) } } : {};
  return { type, asset, ...floor, ...ceiling, ...metadata };
}

export interface Legs {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
}

/** Mostly of one asset, as they must be. */
export function someLegs(dice: Dice): Legs {
  const debit = someAccount(dice);
  const peers = names.filter((name) => name !== debit && (assetOf(name) === assetOf(debit) || dice.chance(0.03)));
  const credit = dice.chance(0.02) || peers.length === 0 ? STRANGER : dice.pick(peers);
  return { debit, credit: credit === debit ? 'bank:cash' : credit, amount: someAmount(dice, 40) };
}

/** Between two accounts that seldom have limits. */
export const hugeLegs = (dice: Dice): Legs => ({
  debit: 'bank:cash',
  credit: 'bank:fees',
  amount: String(dice.chance(0.3) ? HUGE - 1n : HUGE),
});

export function somePostings(dice: Dice): readonly object[] {
  const amount = dice.between(2, 40);
  const part = dice.between(1, amount - 1);
  const [one, two, three] = dice.shuffled(crowns) as [string, string, string];
  const split = [
    { account: one, side: 'debit', amount: String(amount) },
    { account: two, side: 'credit', amount: String(part) },
    { account: three, side: 'credit', amount: String(amount - part) },
  ];
  switch (dice.between(0, 3)) {
    case 0:
      return split;
    case 1:
      return [
        { account: 'bank:usd', side: 'debit', amount: String(part) },
        { account: 'clients:4', side: 'credit', amount: String(part) },
        ...split,
      ];
    // On an account that stands on both sides only the net effect counts.
    case 2:
      return [...split, { account: two, side: 'debit', amount: String(part) }, { account: one, side: 'credit', amount: String(part) }];
    default:
      return [
        { account: one, side: 'debit', amount: String(amount) },
        { account: dice.chance(0.1) ? 'clients:4' : two, side: 'credit', amount: String(amount) },
      ];
  }
}
