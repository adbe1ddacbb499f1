// npm run check: types, lint, boundaries and format, without starting anything.
import { build, check, checks } from './checks.mjs';
import { install } from './install.mjs';

await install(() => console.log('Installing dependencies…'));
let failed = 0;
for (const each of [build, ...checks]) if (!(await check(each))) failed += 1;
console.log(`${checks.length + 1 - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
