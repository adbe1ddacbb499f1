import { join } from 'node:path';
import { serviceUrl } from '@mizan/database';
import { root } from './home.js';

/** What the services are told about each other and about the servers behind them. */
export interface Surroundings {
  readonly adminUrl: string;
  readonly passwords: ReadonlyMap<string, string>;
  readonly ports: Readonly<Record<ServiceName, number>>;
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
  { name: 'transfers', oldSpaceMb: 128, own: () => ({}) },
  { name: 'gateway', oldSpaceMb: 96, own: ({ signingKeyFile }) => ({ SIGNING_KEY_FILE: signingKeyFile }) },
  { name: 'accounts', oldSpaceMb: 128, own: ({ accountsKeyFile }) => ({ SERVICE_KEY_FILE: accountsKeyFile }) },
];

export const serviceNames: readonly string[] = services.map(({ name }) => name);

export const entryPoint = (service: ServiceName, file: string): string => join(root, 'apps', service, 'dist', file);

export const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

export function databaseUrlOf(service: ServiceName, { adminUrl, passwords }: Surroundings): string {
  return serviceUrl(adminUrl, service, passwords.get(service)!);
}

export function environmentOf({ name, own }: ServicePlan, around: Surroundings): Record<string, string> {
  const { ports } = around;
  return {
    HOST: '127.0.0.1',
    PORT: String(ports[name]),
    DATABASE_URL: databaseUrlOf(name, around),
    BUS: around.bus,
    ...(around.bus === 'kafka' ? { KAFKA_BROKERS: around.brokers.join(',') } : {}),
    TOKEN_KEYS_FILE: around.publicKeysFile,
    GATEWAY_URL: urlOf(ports.gateway),
    TRANSFERS_URL: urlOf(ports.transfers),
    ACCOUNTS_URL: urlOf(ports.accounts),
    ...own(around),
  };
}
