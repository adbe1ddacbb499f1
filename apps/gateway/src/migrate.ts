import { fileURLToPath } from 'node:url';
import { migrateFromEnvironment } from '@mizan/platform';

await migrateFromEnvironment({
  service: 'gateway',
  schemas: [{ schema: 'gateway', directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
