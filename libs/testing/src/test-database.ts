import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { postgresServer } from './servers.js';
import { oneForAll } from './one-for-all.js';

export interface TestDatabase {
  /** The administrator's URL of a database that nobody else uses. Roles belong to the whole server: see `testDatabase`. */
  readonly adminUrl: string;
  /** Closes every connection to it and removes it. */
  drop(): Promise<void>;
}

const server = oneForAll(addressFromEnvironment, postgresServer);

/**
 * A fresh, empty database on a real PostgreSQL server: the one that TEST_DATABASE_URL names, else a server that starts
 * with the first database of this test file and ends with its last.
 *
 * Roles are shared by all databases of a server. Test files run one after another on their worker's server, so two of them never
 * change a role at the same time; one file should give a role one password.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const { address, release } = await server.acquire();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administrate(address, `CREATE DATABASE ${name}`);
  const adminUrl = new URL(address);
  adminUrl.pathname = `/${name}`;
  return {
    adminUrl: adminUrl.href,
    drop: async () => {
      try {
        await administrate(address, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      } finally {
        await release();
      }
    },
  };
}

/** TEST_DATABASE_URL may list several servers, separated by spaces: each of jest's workers takes its own. */
function addressFromEnvironment(): string | undefined {
  const servers = process.env.TEST_DATABASE_URL?.split(/\s+/).filter((url) => url !== '') ?? [];
  const worker = Number(process.env.JEST_WORKER_ID ?? 1) - 1;
  return servers[worker % Math.max(servers.length, 1)];
}

async function administrate(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
