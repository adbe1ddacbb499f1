import { migrateService, openPool, serviceUrl } from '@mizan/database';
import { eventStoreMigrations } from '@mizan/event-store-postgres';
import { testDatabase } from '@mizan/testing';
import type pg from 'pg';
import { processMigrations } from './process-migrations.js';

const PASSWORD = 'test';
/** Of the service that runs the processes of a test, and of its tables. */
export const SERVICE = 'sample';
export const EVENTS = 'sample_events';

/** A database of a service that runs processes: its timers and leases, and a store of its events. */
export async function processDatabase() {
  const database = await testDatabase();
  const role = `mizan_${SERVICE}`;
  const schemas = [processMigrations({ schema: SERVICE, role }), eventStoreMigrations({ schema: EVENTS, role })];
  await migrateService({ adminUrl: database.adminUrl, service: SERVICE, password: PASSWORD, schemas });
  const url = serviceUrl(database.adminUrl, SERVICE, PASSWORD);
  const pools: pg.Pool[] = [];
  return {
    adminUrl: database.adminUrl,
    url,
    /** Of one instance. */
    pool: (): pg.Pool => {
      const pool = openPool({ url, name: SERVICE, max: 4 });
      pools.push(pool);
      return pool;
    },
    drop: async (): Promise<void> => {
      await Promise.all(pools.filter((pool) => !pool.ended).map((pool) => pool.end()));
      await database.drop();
    },
  };
}
