import { serviceNamed } from '@mizan/contracts';
import {
  type Environment,
  clock,
  databaseUrl,
  eventStoreUrl,
  list,
  listening,
  onlyWith,
  oneOf,
  publicKeysFile,
  readEnvironment,
  url,
} from '@mizan/platform';

const settings = {
  ...listening(serviceNamed('transfers').port),
  DATABASE_URL: databaseUrl,
  EVENT_STORE: oneOf('the kind of store that keeps the journals', ['postgres', 'eventstoredb'], 'postgres'),
  EVENTSTORE_URL: onlyWith('EVENT_STORE', 'eventstoredb', eventStoreUrl),
  TOKEN_KEYS_FILE: publicKeysFile,
  /** This instance's own address: the owner of its leases. */
  TRANSFERS_URL: url('the address of this service itself'),
  BUS: oneOf('how others hear of the journal', ['kafka', 'feed'], 'kafka'),
  KAFKA_BROKERS: list('the brokers, host:port', ['127.0.0.1:9092']),
  MOVABLE_CLOCK_FILE: clock,
};

export type TransfersEnvironment = Environment<typeof settings>;

export const environment = (): TransfersEnvironment => readEnvironment(settings);
