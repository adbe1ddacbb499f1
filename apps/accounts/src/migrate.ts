import { fileURLToPath } from 'node:url';
import { migrateFromEnvironment } from '@mizan/platform';

await migrateFromEnvironment({
  service: 'accounts',
  schemas: [{ schema: 'accounts', directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
