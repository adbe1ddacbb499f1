import { TokenVerifier, bootstrap } from '@mizan/platform';
import { accountsModule, connectKafka } from './accounts.module.js';
import { environment } from './environment.js';

const settings = environment();
await bootstrap({
  name: 'accounts',
  module: accountsModule(settings),
  tokens: new TokenVerifier(settings.TOKEN_KEYS_FILE),
  environment: settings,
  connect: connectKafka,
});
