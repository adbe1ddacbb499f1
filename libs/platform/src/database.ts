import { type PoolOptions, openPool } from '@mizan/database';
import type { OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import type { Readiness } from './readiness.js';

/** A service's own database: its pool, its readiness check, and its end after the last request. */
export class Database implements OnApplicationShutdown {
  readonly pool: pg.Pool;

  constructor(options: PoolOptions, readiness: Readiness) {
    this.pool = openPool(options);
    readiness.register('database', async () => {
      await this.pool.query('select 1');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
