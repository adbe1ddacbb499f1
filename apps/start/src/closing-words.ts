import { relative } from 'node:path';
import type { Started } from './bring-up.js';
import { root, shown } from './home.js';

/** What to know and what to try, once everything answers. Every address here is fetched and every command run by a test. */
export function closingWords({ development, home, demo }: Started): string {
  const { url } = development;
  const kept = relative(root, home.directory) === '.mizan' ? 'kept between runs; npm run clean removes it' : 'kept between runs';
  const lines = [
    `API       ${url}/v1/ledgers and more: ${url}/v1/openapi.json`,
    `Health    ${url}/health/ready`,
    `Login     development key in ${shown(home.devFile)}; npx mizan finds it by itself`,
    `Data      ${shown(home.directory)}, ${kept}`,
    `Logs      ${shown(home.logs)}/<service>.log`,
    '',
    ...commandsToTry(demo !== null).map((command, index) => `${index === 0 ? 'Try ' : '    '}  ${command}`),
  ];
  return lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n');
}

export function commandsToTry(hasDemo: boolean): readonly string[] {
  return hasDemo
    ? [
        'npx mizan trial-balance',
        'npx mizan statement clients:2378 --from 1993-01-01 --to 1994-03-31',
        'npx mizan transfer create --debit bank:cash --credit clients:2378 --amount 250.00',
      ]
    : ['npx mizan ledger create main', 'npx mizan account open bank --type asset --asset EUR', 'npx mizan status'];
}
