import { TokenVerifier, bootstrap } from '@mizan/platform';
import { environment } from './environment.js';
import { transfersModule } from './transfers.module.js';

const settings = environment();
await bootstrap({
  name: 'transfers',
  module: transfersModule(settings),
  tokens: new TokenVerifier(settings.TOKEN_KEYS_FILE),
  environment: settings,
});
