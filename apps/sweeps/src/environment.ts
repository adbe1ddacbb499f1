import { serviceNamed } from '@mizan/contracts';
import {
  type Environment,
  asksOthers,
  clock,
  databaseUrl,
  listening,
  onTheBus,
  publicKeysFile,
  readEnvironment,
  storesStreams,
  url,
  urls,
} from '@mizan/platform';

const settings = {
  ...listening(serviceNamed('sweeps').port),
  ...storesStreams,
  ...onTheBus,
  ...asksOthers,
  DATABASE_URL: databaseUrl,
  TOKEN_KEYS_FILE: publicKeysFile,
  TRANSFERS_URL: urls('where the instances of transfers are, which serve the feed of the journal'),
  /** This instance's own address: the holder of its lease. */
  SWEEPS_URL: url('the address of this service itself'),
  MOVABLE_CLOCK_FILE: clock,
};

export type SweepsEnvironment = Environment<typeof settings>;

export const environment = (): SweepsEnvironment => readEnvironment(settings);
