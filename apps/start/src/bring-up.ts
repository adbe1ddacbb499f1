import { join } from 'node:path';
import { serviceNames } from '@mizan/contracts';
import { freePort } from '@mizan/embedded';
import { spanText } from '@mizan/platform/clock';
import { kafka, postgres } from './backing-servers.js';
import { type DemoLedger, demoLedger } from './demo-ledger.js';
import { developmentKeys } from './development-keys.js';
import { requireDiskSpace } from './disk.js';
import { type Bus, chooseBus } from './bus.js';
import { movedClock } from './clock.js';
import { becomesReady } from './health.js';
import { type Home, openHome, writePrivate } from './home.js';
import type { Occupancy } from './occupancy.js';
import { byHolder } from './port-holder.js';
import { choosePorts } from './ports.js';
import type { Report } from './report.js';
import { runProgram } from './run-program.js';
import { password, signingKeys } from './secrets.js';
import { type Surroundings, entryPoint, environmentOf, instancesOf, urlOf } from './services.js';
import type { Settings } from './settings.js';
import type { Supervisor } from './supervisor.js';

/** What `.mizan/dev.json` says: the command line reads it, and everything printed comes from it. */
export interface Development {
  readonly url: string;
  readonly apiKey: string;
  readonly secondTenantApiKey: string;
  readonly services: Readonly<Record<string, string>>;
}

export interface Started {
  readonly home: Home;
  readonly development: Development;
  readonly bus: Bus['name'];
  /** Null where none was asked for, or its balances cannot be read. */
  readonly demo: DemoLedger | null;
}

/** From nothing to a platform that answers. Each part is known to `supervisor` from the moment it is a process. */
export async function bringUp(settings: Settings, occupancy: Occupancy, supervisor: Supervisor, report: Report): Promise<Started> {
  const home = await openHome(settings.directory);
  await requireDiskSpace(home.directory);
  const clock = movedClock(home, settings);
  const bus = await chooseBus(settings);
  const ports = await choosePorts(settings.port, (name, wanted, instead) => {
    const runs = name === 'postgres' ? !settings.databaseUrl : name === 'kafka' ? bus.name === 'kafka' && !settings.brokers : true;
    if (runs) report.line(`  ! port ${wanted} is in use${byHolder(wanted)}; ${name} listens on ${instead}`);
  });
  occupancy.update({ url: urlOf(ports.gateway) });

  if (clock.aheadMs > 0) report.step('clock').noted(`${spanText(clock.aheadMs)} ahead of the real time (mizan clock)`);
  if (settings.eventStore) report.step('EventStoreDB').noted('keeps the journals (EVENT_STORE); transfers asks it, not this start');
  const database = postgres(settings, home, ports.postgres, supervisor, report);
  const broker = kafka(bus, settings, home, ports.kafka, supervisor, report);
  // Whichever fails first is reported; the other's failure must not go unheard of in between.
  database.catch(() => {});
  const [adminUrl, brokers] = await Promise.all([database, broker]);
  const around: Surroundings = {
    home,
    adminUrl,
    brokers,
    ports,
    moreTransfersPorts: await Promise.all(Array.from({ length: settings.transfersInstances - 1 }, freePort)),
    eventStore: settings.eventStore,
    bus: bus.name,
    clockFile: clock.file,
    passwords: new Map(await Promise.all(serviceNames.map(async (name) => [name, await password(home, name)] as const))),
    ...(await signingKeys(home)),
  };
  await migrate(around, report);
  const keys = await developmentKeys(around);
  await startServices(around, supervisor, report);

  const development: Development = {
    url: urlOf(ports.gateway),
    apiKey: keys.development.apiKey,
    secondTenantApiKey: keys.second.apiKey,
    services: Object.fromEntries(instancesOf(around).map(({ name, port }) => [name, urlOf(port)])),
  };
  await writePrivate(home.devFile, `${JSON.stringify(development, null, 2)}\n`);
  const demo = settings.empty
    ? null
    : await demoLedger(home, { ...development, accountsUrl: urlOf(ports.accounts) }, report.step('demo ledger'));
  return { home, development, bus: bus.name, demo };
}

async function migrate(around: Surroundings, report: Report): Promise<void> {
  const step = report.step('migrations');
  const applied = await Promise.all(
    serviceNames.map(async (name) => {
      const environment = { ADMIN_DATABASE_URL: around.adminUrl, SERVICE_PASSWORD: around.passwords.get(name)! };
      const said = await runProgram(entryPoint(name, 'migrate.js'), [], environment).catch((error: unknown) => {
        throw new Error(`the migrations of ${name} failed: ${(error as Error).message}`, { cause: error });
      });
      return (JSON.parse(said) as { applied: number }).applied;
    }),
  );
  const total = applied.reduce((sum, one) => sum + one, 0);
  step.done(`${serviceNames.length} services, ${total === 0 ? 'nothing new' : `${total} applied`}`);
}

async function startServices(around: Surroundings, supervisor: Supervisor, report: Report): Promise<void> {
  const step = report.step('services');
  const instances = instancesOf(around);
  let ready = 0;
  await Promise.all(
    instances.map(async (instance) => {
      const { service, name, port } = instance;
      const url = urlOf(port);
      await supervisor.startService({
        name,
        script: entryPoint(service.name, 'main.js'),
        oldSpaceMb: service.oldSpaceMb,
        environment: environmentOf(instance, around),
        logFile: join(around.home.logs, `${name}.log`),
        liveUrl: `${url}/health/live`,
      });
      if (await becomesReady({ name, url }, serviceNames, () => supervisor.stopping)) ready += 1;
      step.progress(`${ready} of ${instances.length} ready`);
    }),
  );
  const outcome = `${ready} of ${instances.length} ready`;
  if (ready === instances.length) step.done(outcome);
  else step.noted(outcome);
}
