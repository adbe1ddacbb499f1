// npm run faults -- [--minutes N] [--seed N] [--only <part of a name>]: builds what is missing, then breaks the platform under load.
import { spawn } from 'node:child_process';
import { build, check } from './checks.mjs';
import { install, node, root } from './install.mjs';

await install(() => console.log('Installing dependencies…'));
if (!(await check(build))) process.exit(1);
const flags = ['--disable-warning=TimeoutNegativeWarning'];
const run = spawn(node, [...flags, 'apps/e2e/dist/faults/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('exit', (code) => process.exit(code ?? 1));
