import { readFileSync, readdirSync } from 'node:fs';
import { recipeIndex, recipeOf } from './recipe.js';

const scenarios = `${import.meta.dirname}/../scenarios`;
const pages = `${import.meta.dirname}/../../../docs/recipes`;

const recipes = readdirSync(scenarios)
  .filter((file) => file.endsWith('.ledger'))
  .flatMap((file) => recipeOf(file.replace('.ledger', ''), readFileSync(`${scenarios}/${file}`, 'utf8')) ?? []);

describe('docs/recipes say what the scenarios give now (if not: tsc -b libs/ledger && node libs/ledger/scenarios/write-recipes.mjs)', () => {
  it.each(recipes.map(({ name, page }) => [name, page]))('%s', (name, page) =>
    expect(readFileSync(`${pages}/${name}.md`, 'utf8')).toBe(page),
  );

  it('the list of them', () => expect(readFileSync(`${pages}/README.md`, 'utf8')).toBe(recipeIndex(recipes)));

  it('and there is no page whose scenario is gone', () => {
    expect(new Set(readdirSync(pages))).toEqual(new Set(['README.md', ...recipes.map(({ name }) => `${name}.md`)]));
  });

  it('all that a reader looks for', () => {
    const topics = [
      'Wallet top-up',
      'Person to person',
      'Card: authorise and capture',
      'Marketplace split with fees',
      'Refund after payout',
    ];
    const more = ['Currency exchange through position accounts', 'Loyalty points', 'Escrow', 'Correction', 'Closing a period'];
    expect(recipes.sort((one, other) => one.place - other.place).map(({ title }) => title)).toEqual([...topics, ...more]);
  });
});

it('a recipe is told in prose and text, with the bodies that a client sends', () => {
  const recipe = recipeOf(
    'gifts',
    `# Recipe 7: Gifts
# Points as a present.

asset POINTS 0
at 2026-02-01T00:00:00Z
open a asset     POINTS
open b liability POINTS  max 5

# As many as fit.
transfer t1  debit a  credit b  9 POINTS  cap credit  => moves 5
at 2026-02-02T00:00:00Z
group  => group_failed
  transfer t2  debit b  credit a  1 POINTS
  transfer t3  debit b  credit x  1 POINTS  => account_not_found
`,
  );
  expect(recipe).toMatchObject({
    name: 'gifts',
    place: 7,
    title: 'Gifts',
    purpose: 'Points as a present.',
    ops: ['transfer', 'group', 'cap'],
  });
  for (const part of [
    'As many as fit.\n\n```text\ntransfer t1  debit a',
    '#4    entry t1\n      a ',
    'PUT /v1/ledgers/gifts   {}\nPUT /v1/assets/POINTS   { "exponent": 0 }',
    '<summary>At 2026-02-01T00:00:00Z: 3 operations</summary>',
    '    { "op": "open", "id": "b", "type": "liability", "asset": "POINTS", "maxBalance": "5" },\n',
    '| `operations/2`, transfer t1 | `{ "status": "applied", "amount": "5" }` |',
    '<summary>At 2026-02-02T00:00:00Z: 1 operation</summary>',
    '| `operations/0`, group | `{ "status": "rejected", "code": "group_failed" }` |',
    '| `operations/0/operations/0`, transfer t2 | `{ "status": "rejected", "code": "group_failed" }` |',
    '| `operations/0/operations/1`, transfer t3 | `{ "status": "rejected", "code": "account_not_found" }` |',
  ])
    expect(recipe!.page).toContain(part);
});

it('a scenario that is no recipe has no page', () => expect(recipeOf('rules', '# Rules.\nopen a asset JPY\n')).toBeNull());
