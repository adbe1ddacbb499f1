import { connectTo } from '@mizan/messaging/service';
import { TokenVerifier, bootstrap } from '@mizan/platform';
import { environment } from './environment.js';
import { JOURNAL } from './journal.consumer.js';
import { sweepsModule } from './sweeps.module.js';

const settings = environment();
await bootstrap({
  name: 'sweeps',
  module: sweepsModule(settings),
  tokens: new TokenVerifier(settings.TOKEN_KEYS_FILE),
  environment: settings,
  connect: connectTo(JOURNAL),
});
