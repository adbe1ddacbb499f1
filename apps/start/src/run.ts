import { type Started, bringUp } from './bring-up.js';
import { closingWords } from './closing-words.js';
import { duration } from './duration.js';
import { HealthWarnings } from './health-warnings.js';
import { isHalt } from './health.js';
import { type Occupancy, occupy } from './occupancy.js';
import { type Report, reportTo, silentReport } from './report.js';
import { type Settings, readSettings, usage } from './settings.js';
import { complaint, exitCodes } from './start-problem.js';
import { type StopRequests, stopRequests } from './stop-requests.js';
import { Supervisor } from './supervisor.js';

const HEALTH_INTERVAL_MS = 5_000;

/**
 * The whole life of a start, from its arguments to its end.
 * @param began when the user's command began, in the time of `performance.now()`.
 * @returns the exit code.
 */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv, began: number): Promise<number> {
  const stop = stopRequests();
  try {
    const settings = readSettings(args, environment);
    if (settings.help) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    const occupancy = occupy(settings.directory);
    try {
      return await live(settings, occupancy, stop, began);
    } finally {
      occupancy.leave();
    }
  } catch (error) {
    return complain(error);
  }
}

async function live(settings: Settings, occupancy: Occupancy, stop: StopRequests, began: number): Promise<number> {
  const report = settings.json ? silentReport : reportTo(process.stdout);
  const supervisor = new Supervisor(occupancy, settings.restart);
  let watch: NodeJS.Timeout | undefined;
  void stop.second.then(async () => {
    await supervisor.kill();
    occupancy.leave();
    process.stderr.write('Stopped at once. What was acknowledged is kept; the next start recovers the rest by itself.\n');
    process.exit(exitCodes.interrupted);
  });
  try {
    const bringingUp = bringUp(settings, occupancy, supervisor, report);
    // When a part breaks or a stop is asked for, what the rest of the start then trips over is of no interest.
    bringingUp.catch(() => {});
    const started = await Promise.race([bringingUp, supervisor.broken, stop.first]);
    if (started) {
      watch = await watchHealth(started);
      announce(started, settings, report, began);
      await Promise.race([supervisor.broken, stop.first]);
    }
    clearInterval(watch);
    await stopEverything(supervisor, report);
    return 0;
  } catch (error) {
    const code = complain(error);
    await supervisor.stop();
    return code;
  }
}

/** Says before all is called ready what does not work, and later what stands still; what fails for a moment is for `/health/ready` to say. */
async function watchHealth(started: Started): Promise<NodeJS.Timeout> {
  const warnings = new HealthWarnings(started);
  await warnings.tell(() => true);
  return setInterval(() => void warnings.tell(isHalt), HEALTH_INTERVAL_MS);
}

function announce(started: Started, settings: Settings, report: Report, began: number): void {
  const readyInMs = Math.round(performance.now() - began);
  if (settings.json) {
    const { url, services } = started.development;
    process.stdout.write(
      `${JSON.stringify({ url, services, home: started.home.directory, bus: started.bus, demo: started.demo, readyInMs })}\n`,
    );
    return;
  }
  report.line();
  report.line(closingWords(started));
  report.line();
  report.line(`Ready in ${duration(readyInMs)}. Ctrl-C stops everything.`);
}

async function stopEverything(supervisor: Supervisor, report: Report): Promise<void> {
  const since = performance.now();
  report.line();
  report.line('Stopping…');
  const { services, servers } = await supervisor.stop();
  const stopped = [`${services} services`, ...servers].join(', ');
  report.line(`${stopped} stopped in ${duration(performance.now() - since)}.`);
}

function complain(error: unknown): number {
  const { message, exitCode } = complaint(error);
  process.stderr.write(`✗ ${message}\n`);
  return exitCode;
}
