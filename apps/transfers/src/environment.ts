import { serviceNamed } from '@mizan/contracts';
import {
  type Environment,
  clock,
  databaseUrl,
  listening,
  onTheBus,
  publicKeysFile,
  readEnvironment,
  storesStreams,
  url,
} from '@mizan/platform';

const settings = {
  ...listening(serviceNamed('transfers').port),
  DATABASE_URL: databaseUrl,
  ...storesStreams,
  TOKEN_KEYS_FILE: publicKeysFile,
  /** This instance's own address: the owner of its leases. */
  TRANSFERS_URL: url('the address of this service itself'),
  ...onTheBus,
  MOVABLE_CLOCK_FILE: clock,
};

export type TransfersEnvironment = Environment<typeof settings>;

export const environment = (): TransfersEnvironment => readEnvironment(settings);
