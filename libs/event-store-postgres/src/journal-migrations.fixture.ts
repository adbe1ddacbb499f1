import { eventStoreMigrations } from './event-store-migrations.js';

export const journalMigrations = eventStoreMigrations({ schema: 'journal', role: 'mizan_transfers' });
