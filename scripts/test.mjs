// npm test [-- paths or patterns]: installs what is missing, then runs the checks and the tests on the project's own Node.
import { spawn } from 'node:child_process';
import { install, node, root } from './install.mjs';

try {
  await install(() => console.log('Installing dependencies…'));
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const run = spawn(node, ['--disable-warning=TimeoutNegativeWarning', 'scripts/run-tests.mjs', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
// A terminal's Ctrl-C reaches both; one that is sent to this process alone is handed on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
run.on('exit', (code) => process.exit(code ?? 1));
