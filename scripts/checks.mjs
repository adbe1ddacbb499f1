// What is checked without running anything: types, lint, import boundaries, format.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { node, root } from './install.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Everything after it needs what it writes into the dist folders. */
export const build = { name: 'build (tsc -b)', command: [bin('tsc'), '-b'] };

export const checks = [
  { name: 'types of the tests', command: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings', '-f', 'unix'] },
  { name: 'import boundaries', command: [node, 'scripts/boundaries.mjs'] },
  { name: 'format', command: [bin('prettier'), '--check', '--cache', '--log-level', 'warn', '.'] },
];

/**
 * Runs one check and prints a line, or what it found.
 * @returns {Promise<boolean>} whether it passed.
 */
export async function check({ name, command }) {
  const started = performance.now();
  const { code, said } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${name}  ${seconds} s`);
  if (code !== 0) console.log(said.trimEnd());
  return code === 0;
}

/** The tools are scripts that ask the PATH for their Node. */
export const environment = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` };

function run([file, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    child.on('error', (error) => resolve({ code: 1, said: error.message }));
    child.on('close', (code) => resolve({ code, said }));
  });
}
