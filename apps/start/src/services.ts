import { join } from 'node:path';
import { type ServiceName, services, urlVariable } from '@mizan/contracts';
import { serviceUrl } from '@mizan/database';
import { type Home, root } from './home.js';
import { serviceKeyFile } from './secrets.js';

/** What the services are told about each other and about the servers behind them. */
export interface Surroundings {
  readonly home: Home;
  readonly adminUrl: string;
  readonly passwords: ReadonlyMap<string, string>;
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Of the instances of transfers after the first. */
  readonly moreTransfersPorts: readonly number[];
  readonly eventStore: Readonly<Record<string, string>> | null;
  readonly bus: 'kafka' | 'feed';
  readonly brokers: readonly string[];
  readonly signingKeyFile: string;
  readonly publicKeysFile: string;
  /** The moves of the clock; null where it is the machine's. */
  readonly clockFile: string | null;
}

/** One process of a service. */
export interface Instance {
  readonly service: (typeof services)[number];
  /** The service's name; from its second instance on with a number: `transfers-2`. */
  readonly name: string;
  readonly port: number;
}

export function instancesOf({ ports, moreTransfersPorts }: Surroundings): readonly Instance[] {
  const first = services.map((service) => ({ service, name: service.name, port: ports[service.name] }));
  const transfers = first.find(({ name }) => name === 'transfers')!;
  return [...first, ...moreTransfersPorts.map((port, i) => ({ ...transfers, name: `transfers-${i + 2}`, port }))];
}

export const entryPoint = (service: ServiceName, file: string): string => join(root, 'apps', service, 'dist', file);

export const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

export function databaseUrlOf(service: ServiceName, { adminUrl, passwords }: Surroundings): string {
  return serviceUrl(adminUrl, service, passwords.get(service)!);
}

export function environmentOf({ service, port }: Instance, around: Surroundings): Record<string, string> {
  const { name, streams, scopes } = service;
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrlOf(name, around),
    BUS: around.bus,
    ...(around.bus === 'kafka' ? { KAFKA_BROKERS: around.brokers.join(',') } : {}),
    TOKEN_KEYS_FILE: around.publicKeysFile,
    ...(around.clockFile === null ? {} : { MOVABLE_CLOCK_FILE: around.clockFile }),
    ...addresses(around),
    // An instance is told its own address alone: it is known by it among the others.
    [urlVariable(name)]: urlOf(port),
    ...(streams.length > 0 ? around.eventStore : {}),
    ...(name === 'gateway' ? { SIGNING_KEY_FILE: around.signingKeyFile } : {}),
    ...(scopes.length > 0 ? { SERVICE_KEY_FILE: serviceKeyFile(around.home, name) } : {}),
  };
}

/** Of every service, all of its instances. */
function addresses(around: Surroundings): Record<string, string> {
  const instances = instancesOf(around);
  const urlsOf = ({ name }: Instance['service']): string =>
    instances.flatMap(({ service, port }) => (service.name === name ? [urlOf(port)] : [])).join(',');
  return Object.fromEntries(services.map((service) => [urlVariable(service.name), urlsOf(service)]));
}
