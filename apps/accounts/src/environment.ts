import { serviceNamed } from '@mizan/contracts';
import {
  type Environment,
  asksOthers,
  databaseUrl,
  listening,
  onTheBus,
  publicKeysFile,
  readEnvironment,
  secret,
  urls,
} from '@mizan/platform';

const sources = {
  DATABASE_URL: databaseUrl,
  ...asksOthers,
  TRANSFERS_URL: urls('where the instances of transfers are, which serve the feed of the journal'),
};

const settings = {
  ...listening(serviceNamed('accounts').port),
  ...sources,
  TOKEN_KEYS_FILE: publicKeysFile,
  ...onTheBus,
};

/** What it takes to read the journal into the tables. */
export type Sources = Environment<typeof sources>;
export type AccountsEnvironment = Environment<typeof settings>;

export const environment = (): AccountsEnvironment => readEnvironment(settings);
/** For making the books again: the tables are the administrator's. */
export const rebuildEnvironment = (): Sources & { readonly ADMIN_DATABASE_URL: string } =>
  readEnvironment({ ADMIN_DATABASE_URL: secret('the PostgreSQL address with an administrator’s role'), ...sources });
