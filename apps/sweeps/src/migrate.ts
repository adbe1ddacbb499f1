import { serviceNamed } from '@mizan/contracts';
import { serviceRole } from '@mizan/database';
import { messagingMigrations } from '@mizan/messaging/service';
import { migrateFromEnvironment } from '@mizan/platform';
import { processMigrations } from '@mizan/process/postgres';
import { streamMigrations } from '@mizan/streams';

await migrateFromEnvironment({
  service: 'sweeps',
  schemas: [
    ...streamMigrations(serviceNamed('sweeps')),
    messagingMigrations('sweeps'),
    processMigrations({ schema: 'sweeps', role: serviceRole('sweeps') }),
  ],
});
