import { serviceNamed } from '@mizan/contracts';
import { type Environment, databaseUrl, list, listening, oneOf, publicKeysFile, readEnvironment, secret, url, urls } from '@mizan/platform';

const sources = {
  DATABASE_URL: databaseUrl,
  GATEWAY_URL: url('the address of the gateway, which gives this service its tokens'),
  TRANSFERS_URL: urls('where the instances of transfers are, which serve the feed of the journal'),
  SERVICE_KEY: secret('the API key of this service'),
};

const settings = {
  ...listening(serviceNamed('accounts').port),
  ...sources,
  TOKEN_KEYS_FILE: publicKeysFile,
  BUS: oneOf('how the journal is heard', ['kafka', 'feed'], 'kafka'),
  KAFKA_BROKERS: list('the brokers, host:port', ['127.0.0.1:9092']),
};

/** What it takes to read the journal into the tables. */
export type Sources = Environment<typeof sources>;
export type AccountsEnvironment = Environment<typeof settings>;

export const environment = (): AccountsEnvironment => readEnvironment(settings);
/** For making the books again: the tables are the administrator's. */
export const rebuildEnvironment = (): Sources & { readonly ADMIN_DATABASE_URL: string } =>
  readEnvironment({ ADMIN_DATABASE_URL: secret('the PostgreSQL address with an administrator’s role'), ...sources });
