// The checks, then one PostgreSQL server for each of jest's workers and one Kafka broker, then every suite:
// those that stand alone side by side, those of the whole running system one after another. Of these the ones that ask for the run's bus
// (testBus) run once more without a broker.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, check, checks, environment } from './checks.mjs';
import { root } from './install.mjs';

const WORKERS = 2;
/** How long jest may live on after its last test. Longer means that a test left something open. */
const EXIT_TIMEOUT_MS = 15_000;
const jestBin = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

const patterns = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
const workFolder = mkdtempSync(join(tmpdir(), 'mizan-tests-'));
const servers = [];
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(signal));

try {
  count(await check(build));
  if (patterns.length === 0) for (const each of checks) count(await check(each));
  await runSuites();
} catch (error) {
  console.error(error);
  total.failed += 1;
} finally {
  await stopServers();
}
for (const line of skips) console.log(`skipped: ${line}`);
if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && !interrupted ? 0 : 1);

async function runSuites() {
  const suites = await listSuites();
  if (suites.length === 0) throw new Error(`No test file matches ${patterns.join(' ')}`);
  const ofTheSystem = suites.filter((file) => file.endsWith('.e2e.spec.ts'));
  const alone = suites.filter((file) => !file.endsWith('.e2e.spec.ts'));
  const runnable = await startServers(alone, ofTheSystem);
  await jest(alone.filter(runnable), [`--maxWorkers=${WORKERS}`]);
  await jest(ofTheSystem.filter(runnable), ['--runInBand']);
  const onAnyBus = ofTheSystem.filter((file) => names(file, /\btestBus\b/));
  if (onAnyBus.length > 0) console.log('The running system once more, without a broker (BUS=feed):');
  await jest(onAnyBus, ['--runInBand'], { TEST_BUS: 'feed' });
}

function names(file, pattern) {
  return pattern.test(readFileSync(file, 'utf8'));
}

async function listSuites() {
  const { stdout } = await node([jestBin, '--listTests', '--json', ...patterns], 'pipe');
  return JSON.parse(stdout);
}

/** @returns a filter of the suites: those that need a broker are left out where none can be started. */
async function startServers(alone, ofTheSystem) {
  if (![...alone, ...ofTheSystem].some((file) => /\.(int|e2e)\.spec\.ts$/.test(file))) return () => true;
  const { MissingTool } = await import('@mizan/embedded');
  const { kafkaServer, postgresServer } = await import('@mizan/testing');
  if (!process.env.TEST_DATABASE_URL) {
    const started = await Promise.all(Array.from({ length: WORKERS }, () => register(postgresServer())));
    process.env.TEST_DATABASE_URL = started.map(({ address }) => address).join(' ');
    console.log(`✓ PostgreSQL  ${WORKERS} servers`);
  }
  if (process.env.TEST_KAFKA_BROKERS) return () => true;
  try {
    process.env.TEST_KAFKA_BROKERS = (await register(kafkaServer())).address;
    console.log(`✓ Kafka       ${process.env.TEST_KAFKA_BROKERS}`);
    return () => true;
  } catch (error) {
    // On a build machine everything must run; elsewhere what lacks a broker is left out, and named.
    if (!(error instanceof MissingTool) || process.env.CI) throw error;
    return (file) => {
      const onTheFeedAlone = names(file, /\bBUS: 'feed'/) && !names(file, /\btestBus\b|\bkafka/i);
      if (onTheFeedAlone || !names(file, /\b(kafkaBrokers|ownKafka|runPlatform|RunningStart|Stand|startKafka)\b/)) return true;
      total.skipped += 1;
      skips.push(`${file.slice(root.length)}: ${error.message}`);
      return false;
    };
  }
}

async function register(starting) {
  const server = await starting;
  servers.push(server);
  return server;
}

async function stopServers() {
  await Promise.allSettled(servers.splice(0).map((server) => server.stop()));
  rmSync(workFolder, { recursive: true, force: true });
}

async function jest(files, options, extraEnvironment = {}) {
  if (files.length === 0 || interrupted) return;
  const results = join(workFolder, `results-${total.passed}-${files.length}.json`);
  const reporters = ['--reporters=default', '--reporters=<rootDir>/scripts/counting-reporter.mjs'];
  const { code } = await node(
    [jestBin, ...options, ...reporters, '--runTestsByPath', ...files],
    'inherit',
    { ...extraEnvironment, COUNTING_REPORTER_FILE: results },
    results,
  );
  if (!existsSync(results)) throw new Error(`jest ended with code ${code} before its last test`);
  const counted = JSON.parse(readFileSync(results, 'utf8'));
  for (const kind of ['passed', 'failed', 'skipped']) total[kind] += counted[kind];
  skips.push(...counted.skips);
  if (code === null) {
    console.log('✗ jest did not end after its last test: a test leaves something open');
    total.failed += 1;
  } else if (code !== 0 && counted.failed === 0) throw new Error(`jest ended with code ${code} although no test failed`);
}

/** @param resultsFile written when the last test has ended; the process then has a while to end by itself. */
function node(args, output, extraEnvironment = {}, resultsFile) {
  return new Promise((resolve) => {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
    const child = spawn(process.execPath, [...flags, ...args], {
      cwd: root,
      env: { ...environment, ...process.env, PATH: environment.PATH, ...extraEnvironment },
      stdio: ['ignore', output, 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (text) => (stdout += text));
    let doneSince;
    const watch = setInterval(() => {
      if (!resultsFile || !existsSync(resultsFile)) return;
      doneSince ??= performance.now();
      if (performance.now() - doneSince > EXIT_TIMEOUT_MS) child.kill('SIGKILL');
    }, 500);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, stdout });
    });
  });
}

function count(passed) {
  total[passed ? 'passed' : 'failed'] += 1;
}

async function end(signal) {
  if (interrupted) return;
  interrupted = true;
  await stopServers();
  console.log(`Stopped by ${signal}.`);
  process.exit(130);
}
