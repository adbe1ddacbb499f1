// npm run simulate -- [--minutes N | --schedules N] [--seed N] [--help]: builds what is missing, then runs the simulator.
import { spawn } from 'node:child_process';
import { build, check } from './checks.mjs';
import { install, node, root } from './install.mjs';

await install(() => console.log('Installing dependencies…'));
if (!(await check({ ...build, command: [...build.command, 'apps/simulator'] }))) process.exit(1);
const run = spawn(node, ['apps/simulator/dist/main.js', ...process.argv.slice(2)], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('exit', (code) => process.exit(code ?? 1));
