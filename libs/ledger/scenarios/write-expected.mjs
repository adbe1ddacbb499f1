// Writes what came of every scenario beside it, for people to review.
// Build first (tsc -b libs/ledger), then: node libs/ledger/scenarios/write-expected.mjs
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { play } from '../dist/play.js';

for (const name of readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ledger'))) {
  const scenario = `${import.meta.dirname}/${name}`;
  writeFileSync(scenario.replace(/\.ledger$/, '.expected'), play(readFileSync(scenario, 'utf8')).transcript);
}
