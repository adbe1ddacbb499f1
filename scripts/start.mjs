// npm start: installs and builds what is not up to date, then hands over to apps/start on the project's own Node.
// Runs on the machine's Node with nothing installed yet, so it uses nothing but Node itself.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './checks.mjs';
import { install, node, root } from './install.mjs';

const began = Date.now();
const args = process.argv.slice(2);
const quiet = args.includes('--json') || args.includes('--help') || args.includes('-h');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

if (!quiet) console.log(`Mizan ${version}\n`);
await step('dependencies', async (progress) => {
  const packages = await install(() => progress('installing, once'));
  return packages === null ? 'up to date' : `installed ${packages} packages`;
});
await step('build', async (progress) => {
  progress('compiling');
  await run(join(root, 'node_modules', '.bin', 'tsc'), ['-b', root]);
  return 'up to date';
});
handOver();

/** One line per step; on a terminal it shows first what is going on. */
async function step(name, work) {
  const since = Date.now();
  const draw = (mark, detail, end) => {
    if (!quiet) process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${line(mark, name, detail, since)}${end}`);
  };
  try {
    const detail = await work((progress) => process.stdout.isTTY && draw('…', progress, ''));
    draw('✓', detail, '\n');
  } catch (error) {
    console.error(`${process.stdout.isTTY && !quiet ? '\n' : ''}✗ ${name}: ${error.message}`);
    process.exit(1);
  }
}

function line(mark, name, detail, since) {
  const seconds = (Date.now() - since) / 1000;
  const time = seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
  return `  ${mark} ${name.padEnd(16)} ${detail.padEnd(46)} ${time.padStart(8)}`;
}

function run(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`failed:\n${said.trim()}`))));
  });
}

/** The channel tells apps/start when this process is gone, even by kill -9. */
function handOver() {
  const main = join(root, 'apps', 'start', 'dist', 'main.js');
  const child = spawn(node, ['--disable-warning=TimeoutNegativeWarning', main, ...args], {
    env: { ...process.env, MIZAN_START_BEGAN: String(began) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm that is ended by a signal takes its shell along, and leaves this process to nobody in particular.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.connected && child.disconnect(), 500).unref();
  child.on('exit', (code) => process.exit(code ?? 1));
}
