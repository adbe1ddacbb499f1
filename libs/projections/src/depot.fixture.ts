import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FedEvent, canonicalJson, decodeEnvelope } from '@mizan/contracts';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import { InMemoryEventStore } from '@mizan/event-store';
import { type Feed, Follower, Inbox, type KnownKinds, type Projection, StoreFeed } from '@mizan/messaging';
import { messagingMigrations } from '@mizan/messaging/service';
import { testDatabase } from '@mizan/testing';
import type pg from 'pg';
import type { ReadModel } from './read-model.js';
import { noteRefilled } from './refill.js';
import { type Rebuilding, type Rebuilt, rebuild } from './rebuild.js';

// A made-up service: parcels are put on shelves. Each shelf is a stream, and has a number that only its table gives.

const SERVICE = 'depot';
const PASSWORD = 'for-this-test-alone';

const migration = (schema: string): string => `
CREATE TABLE ${schema}.shelves (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, parcels bigint NOT NULL);
CREATE TABLE ${schema}.parcels (shelf integer, place bigint, weight numeric(39) NOT NULL, sender text, label json NOT NULL, PRIMARY KEY (shelf, place));
CREATE TABLE ${schema}.rebuilding (stream text PRIMARY KEY, version bigint NOT NULL);
CREATE TABLE ${schema}.carriers (name text PRIMARY KEY);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO mizan_${SERVICE};`;

const kinds: KnownKinds = { versionOf: (type) => (type === 'ParcelPut' ? 1 : null) };

/** A parcel for each place from the first to the last. */
export const parcels = (shelf: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => {
    const version = first + index;
    const data = { weight: `${version * 10}`, sender: version % 2 === 0 ? `Somebody ${version}` : null };
    return canonicalJson({
      id: `${shelf}:${version}`,
      type: 'ParcelPut',
      schemaVersion: 1,
      stream: `shelf-${shelf}`,
      version,
      recordedAt: '2026-01-01T00:00:00.000Z',
      actor: 'service:test',
      correlation: null,
      causation: null,
      traceparent: null,
      data,
    });
  });

class Shelves implements Projection {
  constructor(private readonly schema: string) {}

  async apply(client: pg.PoolClient, stream: string, events: readonly FedEvent[]): Promise<void> {
    const { schema } = this;
    const { rows } = await client.query<{ number: number }>(
      `INSERT INTO ${schema}.shelves AS shelf (name, parcels) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET parcels = shelf.parcels + excluded.parcels RETURNING number`,
      [stream.slice('shelf-'.length), events.length],
    );
    const put = events.map(({ event, version }) => ({ ...(decodeEnvelope(event).data as object), version }));
    await client.query(
      `INSERT INTO ${schema}.parcels (shelf, place, weight, sender, label)
       SELECT $1, version, weight, sender, json_build_object('place', version)
       FROM json_to_recordset($2) AS put (version bigint, weight numeric, sender text)`,
      [rows[0]!.number, JSON.stringify(put)],
    );
    await noteRefilled(client, { schema }, stream, events.at(-1)!.version);
  }
}

export const depotModel = (schema = 'depot'): ReadModel => ({
  service: SERVICE,
  schema,
  tables: [
    { name: 'shelves', generated: { number: 'name' } },
    {
      name: 'parcels',
      rows: (from) => `SELECT name AS shelf_name, line.* FROM ${from}.parcels AS line JOIN ${from}.shelves ON number = shelf`,
      generated: { shelf: 'shelf_name' },
      shown: ['place'],
      untold: ['sender'],
      names: async (_, { shelf_name: shelf }) => ({ shelf: shelf! }),
    },
    { name: 'rebuilding', compared: false },
  ],
  kept: ['carriers', 'dead_letters', 'relay_tokens'],
  migrations: ['migrations', 'messaging_migrations'],
  consumer: 'depot',
  kinds,
  projection: (at) => new Shelves(at),
  namesOfStream: async (_, stream) => ({ shelf: stream.slice('shelf-'.length) }),
  called: { tables: 'shelves', source: 'list of parcels' },
});

/** The depot in a database of its own, with the service that follows the feed. Whoever makes it closes it. */
export class Depot {
  readonly store = new InMemoryEventStore();
  readonly feed: Feed = new StoreFeed(this.store, async () => new Map());
  /** The service: started by whoever opens it. */
  readonly follower: Follower;

  private constructor(
    private readonly database: Awaited<ReturnType<typeof testDatabase>>,
    readonly pool: pg.Pool,
    readonly admin: pg.Pool,
    readonly schema: string,
  ) {
    const inbox = new Inbox({ pool, schema, consumer: 'depot', projection: new Shelves(schema) });
    this.follower = new Follower({ inbox, feed: this.feed, kinds, bus: 'feed' });
  }

  static async open(schema = 'depot', database?: Awaited<ReturnType<typeof testDatabase>>): Promise<Depot> {
    const own = database ?? (await testDatabase());
    const directory = await mkdtemp(join(tmpdir(), 'mizan-depot-'));
    await writeFile(join(directory, '0001_depot.sql'), migration(schema));
    const messaging = messagingMigrations(SERVICE);
    await migrateService({
      adminUrl: own.adminUrl,
      service: SERVICE,
      password: PASSWORD,
      schemas: [
        { ...messaging, schema, renamed: { ...messaging.renamed, owner: schema } },
        { schema, directory },
      ],
    });
    await rm(directory, { recursive: true });
    const pool = openPool({ url: serviceUrl(own.adminUrl, SERVICE, PASSWORD), name: 'depot-test', max: 8 });
    const depot = new Depot(own, pool, openPool({ url: own.adminUrl, name: 'depot-test-owner', max: 2 }), schema);
    depot.follower.start();
    return depot;
  }

  /** Another depot in the same database. */
  beside(schema: string): Promise<Depot> {
    return Depot.open(schema, { ...this.database, drop: async () => {} });
  }

  async append(shelf: string, first: number, last: number): Promise<void> {
    const { status } = await this.store.append(`shelf-${shelf}`, first - 1, parcels(shelf, first, last));
    if (status !== 'appended') throw new Error(`The shelf ${shelf} does not end before ${first}.`);
  }

  rebuild(more: Partial<Rebuilding> = {}): Promise<Rebuilt> {
    return rebuild({
      model: depotModel(this.schema),
      adminUrl: this.database.adminUrl,
      url: serviceUrl(this.database.adminUrl, SERVICE, PASSWORD),
      feed: this.feed,
      althoughDifferent: false,
      step: () => {},
      signal: new AbortController().signal,
      ...more,
    });
  }

  /** What is read, as one snapshot sees it, without the numbers that shelves happen to have. */
  async read(): Promise<readonly ShelfRead[]> {
    const client = await this.pool.connect();
    try {
      await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
        LOCK TABLE ${this.schema}.shelves, ${this.schema}.parcels IN ACCESS SHARE MODE`);
      const { rows } = await client.query<ShelfRead>(
        `SELECT name, parcels, count(place) AS counted, sum(weight) AS weight FROM ${this.schema}.shelves
         LEFT JOIN ${this.schema}.parcels ON shelf = number GROUP BY number ORDER BY name`,
      );
      return rows;
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  /** Which tables they are in the database. A switch gives them others. */
  async identities(): Promise<unknown> {
    const { rows } = await this.admin.query(
      `SELECT relname, oid FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY relname`,
      [this.schema],
    );
    return rows;
  }

  async isThereAShadow(): Promise<boolean> {
    return (await this.admin.query('SELECT to_regnamespace($1) IS NOT NULL AS there', [`${this.schema}_beside`])).rows[0].there;
  }

  async close(): Promise<void> {
    await this.follower.stop();
    await Promise.all([this.pool.end(), this.admin.end()]);
    await this.database.drop();
  }
}

export interface ShelfRead {
  readonly name: string;
  /** As the shelf's row says it. */
  readonly parcels: number;
  /** As the rows of its parcels say it. */
  readonly counted: number;
  readonly weight: string;
}

/** Looks again and again until it finds what it is looking for. @throws after 20 s, with what was seen last. */
export async function eventually<T>(look: () => Promise<T>, found: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 20_000; ;) {
    const value = await look();
    if (found(value)) return value;
    if (Date.now() > end) throw new Error(`Not within 20 s. Last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
