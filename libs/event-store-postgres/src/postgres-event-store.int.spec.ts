import { migrateService, serviceUrl } from '@mizan/database';
import { describeEventStore } from '@mizan/event-store/contract';
import { testDatabase } from '@mizan/testing';
import { journalMigrations } from './journal-migrations.fixture.js';
import { PostgresEventStore } from './postgres-event-store.js';

describeEventStore('PostgresEventStore', async () => {
  const database = await testDatabase();
  const password = 'test';
  await migrateService({ adminUrl: database.adminUrl, service: 'transfers', password, schemas: [journalMigrations] });
  const store = await PostgresEventStore.open({ url: serviceUrl(database.adminUrl, 'transfers', password), schema: 'journal' });
  return {
    store,
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
});
