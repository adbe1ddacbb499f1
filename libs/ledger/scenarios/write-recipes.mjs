// Writes a page into docs/recipes for every scenario that is a recipe, and the list of them.
// Build first (tsc -b libs/ledger), then: node libs/ledger/scenarios/write-recipes.mjs
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { recipeIndex, recipeOf } from '../dist/recipe.js';

const pages = `${import.meta.dirname}/../../../docs/recipes`;
const recipes = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ledger'))
  .flatMap((file) => recipeOf(file.replace('.ledger', ''), readFileSync(`${import.meta.dirname}/${file}`, 'utf8')) ?? []);

rmSync(pages, { recursive: true, force: true });
mkdirSync(pages);
for (const { name, page } of recipes) writeFileSync(`${pages}/${name}.md`, page);
writeFileSync(`${pages}/README.md`, recipeIndex(recipes));
