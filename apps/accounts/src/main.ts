import { TokenVerifier, bootstrap } from '@mizan/platform';
import { connectTo } from '@mizan/messaging/service';
import { accountsModule } from './accounts.module.js';
import { environment } from './environment.js';
import { JOURNAL } from './journal.consumer.js';

const settings = environment();
await bootstrap({
  name: 'accounts',
  module: accountsModule(settings),
  tokens: new TokenVerifier(settings.TOKEN_KEYS_FILE),
  environment: settings,
  connect: connectTo(JOURNAL),
});
