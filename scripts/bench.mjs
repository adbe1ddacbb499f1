// npm run bench: what one machine posts and imports. Figures, not tests: nothing here passes or fails by time.
import { spawn } from 'node:child_process';
import { build, check } from './checks.mjs';
import { install, node, root } from './install.mjs';

await install(() => console.log('Installing dependencies…'));
if (!(await check(build))) process.exit(1);
const flags = ['--disable-warning=TimeoutNegativeWarning'];
const run = spawn(node, [...flags, 'apps/e2e/dist/bench/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('exit', (code) => process.exit(code ?? 1));
