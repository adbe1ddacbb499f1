import { migrateService } from '@mizan/database';
import { eventStoreMigrations } from '@mizan/event-store-postgres';
import { testDatabase } from '@mizan/testing';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { keepIn } from '@mizan/streams';
import { journals } from './journals.js';
import { transfersDatabase } from '../writing.fixture.js';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

it('journals stay in the store in which the first start found or put them', async () => {
  const { pool, drop } = await transfersDatabase();
  try {
    await keepIn('eventstoredb', journals, pool);
    await keepIn('eventstoredb', journals, pool);
    await expect(keepIn('postgres', journals, pool)).rejects.toThrow(
      'kept in eventstoredb, and EVENT_STORE says postgres. Set EVENT_STORE=eventstoredb',
    );
    await keepIn('eventstoredb', journals, pool);
  } finally {
    await drop();
  }
});

it('two first starts at once agree', async () => {
  const { pool, drop } = await transfersDatabase();
  try {
    const starts = (['postgres', 'eventstoredb', 'postgres', 'eventstoredb'] as const).map((store) => keepIn(store, journals, pool));
    const outcomes = (await Promise.allSettled(starts)).map(({ status }) => status);
    expect([outcomes[0], outcomes[1]]).toEqual([outcomes[2], outcomes[3]]);
    expect(new Set(outcomes)).toEqual(new Set(['fulfilled', 'rejected']));
  } finally {
    await drop();
  }
});

it('journals that were there before the question are kept in PostgreSQL', async () => {
  const { adminUrl, drop } = await testDatabase();
  const before = mkdtempSync(join(tmpdir(), 'mizan-migrations-'));
  const admin = new pg.Pool({ connectionString: adminUrl });
  try {
    cpSync(migrations, before, { recursive: true });
    rmSync(join(before, '0003_where_journals_are_kept.sql'));
    const migrate = (directory: string) =>
      migrateService({
        adminUrl,
        service: 'transfers',
        password: 'for-this-test-alone',
        schemas: [eventStoreMigrations(journals), { schema: 'transfers', directory }],
      });
    await migrate(before);
    await admin.query(`SELECT journal.append(ARRAY['journal-x'], ARRAY[0]::bigint[], ARRAY[1], ARRAY['{}'])`);
    await migrate(migrations);
    await expect(keepIn('eventstoredb', journals, admin)).rejects.toThrow('kept in postgres');
    await keepIn('postgres', journals, admin);
  } finally {
    await admin.end();
    await drop();
    rmSync(before, { recursive: true });
  }
});
