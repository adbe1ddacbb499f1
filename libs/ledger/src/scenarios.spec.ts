import { readFileSync, readdirSync } from 'node:fs';
import { checkJournal } from './audit.js';
import { play } from './play.js';

const directory = `${import.meta.dirname}/../scenarios`;

describe('scenarios', () => {
  const names = readdirSync(directory)
    .filter((file) => file.endsWith('.ledger'))
    .map((file) => file.replace('.ledger', ''));

  it.each(names)('%s: what came of it is what stands beside it, and the journal is sound', (name) => {
    const { transcript, journal } = play(readFileSync(`${directory}/${name}.ledger`, 'utf8'));
    expect(transcript).toBe(readFileSync(`${directory}/${name}.expected`, 'utf8'));
    expect(checkJournal(journal)).toEqual([]);
  });
});

describe('a scenario that is wrong names its line', () => {
  const opened = 'open bank:cash asset USD\nopen wallets:17 liability USD min 0.00\n';
  it.each([
    [
      `${opened}transfer t1 debit bank:cash credit wallets:17 1.00 USD => insufficient_funds`,
      'Line 3: the result should be insufficient_funds and is applied.',
    ],
    [`${opened}transfer t1 debit wallets:17 credit bank:cash 1.00 USD`, 'Line 3: the result should be applied and is insufficient_funds.'],
    [`${opened}# comment\n\nbalance wallets:17 1.00 USD`, 'Line 5: the balance of wallets:17 should be 100 and is 0.'],
    [`${opened}totals wallets:17 0.00 0.00 0.00 0.01`, 'Line 3: the totals of wallets:17 should be 0 0 0 1 and is 0 0 0 0.'],
    [`${opened}transfer t1 debit bank:cash credit wallets:17 1.005 USD`, 'Line 3: "1.005" is too_fine as an amount in USD.'],
    [
      `${opened}transfer t1 bank:cash wallets:17 1.00 USD`,
      'Line 3: write: transfer <id> debit <account> credit <account> <amount> <asset>.',
    ],
    [`${opened}mint t1`, 'Line 3: "mint" is not known here.'],
    ['at noon', 'Line 1: noon is not a moment.'],
    ['balance wallets:17 1.00 USD', 'Line 1: there is no account wallets:17.'],
    ['balance wallets:17 1.00 XAU', 'Line 1: "XAU" is no asset.'],
  ])('%#', (text, message) => expect(() => play(text)).toThrow(message));
});
