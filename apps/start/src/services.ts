import { join } from 'node:path';
import { serviceUrl } from '@mizan/database';
import { root } from './home.js';

/** What the services are told about each other and about the servers behind them. */
export interface Surroundings {
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
  readonly accountsKeyFile: string;
}

export type ServiceName = 'transfers' | 'accounts' | 'gateway';

interface ServicePlan {
  readonly name: ServiceName;
  /** Keeps the process below 250 MB resident: V8's old space, MB. */
  readonly oldSpaceMb: number;
  /** What it alone is told. */
  readonly own: (around: Surroundings) => Readonly<Record<string, string>>;
}

/** Everything that `npm start` runs, besides PostgreSQL and Kafka. */
export const services: readonly ServicePlan[] = [
  { name: 'transfers', oldSpaceMb: 128, own: ({ eventStore }) => eventStore ?? {} },
  { name: 'gateway', oldSpaceMb: 96, own: ({ signingKeyFile }) => ({ SIGNING_KEY_FILE: signingKeyFile }) },
  { name: 'accounts', oldSpaceMb: 128, own: ({ accountsKeyFile }) => ({ SERVICE_KEY_FILE: accountsKeyFile }) },
];

export const serviceNames: readonly string[] = services.map(({ name }) => name);

/** One process of a service. */
export interface Instance {
  readonly plan: ServicePlan;
  /** The service's name; from its second instance on with a number: `transfers-2`. */
  readonly name: string;
  readonly port: number;
}

export function instancesOf({ ports, moreTransfersPorts }: Surroundings): readonly Instance[] {
  const first = services.map((plan) => ({ plan, name: plan.name, port: ports[plan.name] }));
  const transfers = first.find(({ name }) => name === 'transfers')!;
  return [...first, ...moreTransfersPorts.map((port, i) => ({ ...transfers, name: `transfers-${i + 2}`, port }))];
}

export const entryPoint = (service: ServiceName, file: string): string => join(root, 'apps', service, 'dist', file);

export const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

export function databaseUrlOf(service: ServiceName, { adminUrl, passwords }: Surroundings): string {
  return serviceUrl(adminUrl, service, passwords.get(service)!);
}

export function environmentOf({ plan: { name, own }, port }: Instance, around: Surroundings): Record<string, string> {
  const { ports, moreTransfersPorts } = around;
  const everyTransfers = [ports.transfers, ...moreTransfersPorts].map(urlOf).join(',');
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrlOf(name, around),
    BUS: around.bus,
    ...(around.bus === 'kafka' ? { KAFKA_BROKERS: around.brokers.join(',') } : {}),
    TOKEN_KEYS_FILE: around.publicKeysFile,
    GATEWAY_URL: urlOf(ports.gateway),
    TRANSFERS_URL: name === 'transfers' ? urlOf(port) : everyTransfers,
    ACCOUNTS_URL: urlOf(ports.accounts),
    ...own(around),
  };
}
