import type { FedEvent } from '@mizan/contracts';
import { decodeEvent, ledgerUidOf } from '@mizan/contracts';
import type { Balances, EntryEvent, Hold, Texts } from '@mizan/ledger';
import type { Projection } from '@mizan/messaging';
import { noteRefilled } from '@mizan/projections';
import type pg from 'pg';
import { LIVE } from './rebuild/book-tables.js';
import { FOLIO_SIZES, closeFolio, filledFolios } from './tables/folios.js';
import { type HeldTotals, type LedgerChanges, type PlacedHold, type RecordedMoment, ledgerChanges } from './ledger-changes.js';
import { legsText } from './tables/legs.js';

/** Writes the journal into the books: a few statements for a run of events, however long, and the ledger's position with them. */
export class JournalProjection implements Projection {
  /** @param schema where the tables are: the books that are read, or others beside them. */
  constructor(
    private readonly schema: string = LIVE,
    private readonly folioSizes = FOLIO_SIZES,
  ) {}

  async apply(client: pg.PoolClient, stream: string, events: readonly FedEvent[]): Promise<void> {
    const changes = ledgerChanges(events.map(({ event, texts }) => decodeEvent(event, texts)));
    const { schema } = this;
    const book: WrittenBook = { client, schema, ledger: await advance({ client, schema }, ledgerUidOf(stream), changes) };
    await addMoments(book, changes.moments);
    const standing: Standing = new Map([
      ...(changes.accounts.length > 0 ? await putAccounts(book, changes) : []),
      ...(changes.totals.size > 0 ? await putTotals(book, changes) : []),
    ]);
    if (changes.entries.length > 0) {
      await addEntries(book, changes.entries);
      await addPostings(book, changes.entries, standing);
      await this.closeFolios(book, changes, standing);
    }
    if (changes.held.length > 0) await addHeld(book, changes.held, standing);
    if (changes.placed.length > 0) await addHolds(book, changes.placed);
    if (changes.changed.length > 0) await changeHolds(book, changes.changed);
    const words = wordsOf(changes);
    if (words.length > 0) await addWords(book, words);
    await noteRefilled(client, { schema }, stream, changes.position);
  }

  private async closeFolios(book: WrittenBook, changes: LedgerChanges, standing: Standing): Promise<void> {
    const size = this.folioSizes.lines;
    for (const [id, added] of changes.lines) {
      const { number, lines } = standing.get(id)!;
      if (Math.floor(lines / size) === Math.floor((lines - added) / size)) continue;
      for (const folio of filledFolios(changes.entries, id, lines - added, this.folioSizes)) await closeFolio(book, number, folio);
    }
  }
}

/** The book of one ledger, in whichever schema its tables are, in the transaction that writes it. */
export interface WrittenBook {
  readonly client: pg.PoolClient;
  readonly schema: string;
  /** The number by which the tables know the ledger. */
  readonly ledger: number;
}

/** The accounts that a run has moved or changed, by their ids: by which number the tables know each, and how many lines it has now. */
type Standing = ReadonlyMap<string, { readonly number: number; readonly lines: number }>;

interface StandingRow {
  readonly id: string;
  readonly number: number;
  readonly lines: number;
}
const standingOf = (rows: readonly StandingRow[]): Standing => new Map(rows.map(({ id, number, lines }) => [id, { number, lines }]));

/** @returns the ledger's number. */
async function advance({ client, schema }: Omit<WrittenBook, 'ledger'>, uid: string, changes: LedgerChanges): Promise<number> {
  const { opened, position, recordedAt, closedThrough } = changes;
  const { rows } = opened
    ? await client.query<{ number: number }>(
        `INSERT INTO ${schema}.ledgers (uid, tenant, id, name, position, recorded_at, closed_through)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number`,
        [uid, opened.tenant, opened.ledger, opened.name, position, recordedAt, closedThrough],
      )
    : await client.query<{ number: number }>(
        `UPDATE ${schema}.ledgers SET position = $2, recorded_at = $3, closed_through = coalesce($4, closed_through)
         WHERE uid = $1 RETURNING number`,
        [uid, position, recordedAt, closedThrough],
      );
  return exactly(rows, 1, 'a ledger that its journal never opened')[0]!.number;
}

async function addMoments({ client, schema, ledger }: WrittenBook, moments: readonly RecordedMoment[]): Promise<void> {
  await client.query(
    `INSERT INTO ${schema}.moments (ledger, recorded_at, position) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])
     ON CONFLICT (ledger, recorded_at) DO UPDATE SET position = excluded.position`,
    [ledger, numbers(moments.map(({ recordedAt }) => recordedAt)), numbers(moments.map(({ position }) => position))],
  );
}

async function putAccounts({ client, schema, ledger }: WrittenBook, { accounts, lines }: LedgerChanges): Promise<Standing> {
  const { rows } = await client.query<StandingRow>(
    `INSERT INTO ${schema}.accounts AS standing (ledger, number, id, type, asset, exponent, min_balance, max_balance, frozen, closed, metadata,
       opened_at, debits_posted, debits_held, credits_posted, credits_held, lines)
     SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::numeric[], $8::numeric[], $9::text[],
       $10::boolean[], $11::jsonb[], $12::bigint[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[], $17::bigint[])
     ON CONFLICT (ledger, number) DO UPDATE SET min_balance = excluded.min_balance, max_balance = excluded.max_balance,
       frozen = excluded.frozen, closed = excluded.closed, metadata = excluded.metadata,
       debits_posted = excluded.debits_posted, debits_held = excluded.debits_held,
       credits_posted = excluded.credits_posted, credits_held = excluded.credits_held, lines = standing.lines + excluded.lines
     RETURNING id, number, lines`,
    [
      ledger,
      numbers(accounts.map(({ openedPosition }) => openedPosition)),
      accounts.map(({ id }) => id),
      accounts.map(({ type }) => type),
      accounts.map(({ asset }) => asset),
      numbers(accounts.map(({ exponent }) => exponent)),
      numbers(accounts.map(({ minBalance }) => minBalance)),
      numbers(accounts.map(({ maxBalance }) => maxBalance)),
      accounts.map(({ frozen }) => frozen),
      accounts.map(({ closed }) => closed),
      accounts.map(({ metadata }) => JSON.stringify(metadata)),
      numbers(accounts.map(({ openedAt }) => openedAt)),
      ...columnsOf(accounts),
      numbers(accounts.map(({ id }) => lines.get(id) ?? 0)),
    ],
  );
  return standingOf(rows);
}

async function putTotals({ client, schema, ledger }: WrittenBook, { totals, lines }: LedgerChanges): Promise<Standing> {
  const ids = [...totals.keys()];
  const { rows } = await client.query<StandingRow>(
    `UPDATE ${schema}.accounts AS account SET debits_posted = now.debits_posted, debits_held = now.debits_held,
       credits_posted = now.credits_posted, credits_held = now.credits_held, lines = account.lines + now.lines
     FROM unnest($2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::bigint[])
       AS now (id, debits_posted, debits_held, credits_posted, credits_held, lines)
     WHERE account.ledger = $1 AND account.id = now.id
     RETURNING account.id, number, account.lines`,
    [ledger, ids, ...columnsOf([...totals.values()]), numbers(ids.map((id) => lines.get(id) ?? 0))],
  );
  assertCount(rows.length, totals.size, 'entries on accounts that were never opened');
  return standingOf(rows);
}

const columnsOf = (balances: readonly Balances[]): string[] => [
  numbers(balances.map(({ debitsPosted }) => debitsPosted)),
  numbers(balances.map(({ debitsHeld }) => debitsHeld)),
  numbers(balances.map(({ creditsPosted }) => creditsPosted)),
  numbers(balances.map(({ creditsHeld }) => creditsHeld)),
];

async function addEntries({ client, schema, ledger }: WrittenBook, entries: readonly EntryEvent[]): Promise<void> {
  const captured = entries.map((entry) => (entry.type === 'HoldCaptured' ? entry.hold : null));
  await client.query(
    `INSERT INTO ${schema}.entries (ledger, position, id, effective_at, recorded_at, reference, metadata, reverses, hold, hold_remaining,
       hold_status, legs)
     SELECT $1, * FROM ROWS FROM (unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::jsonb[], $8::text[],
       $9::text[], $10::numeric[], $11::text[]), json_array_elements($12::json))`,
    [
      ledger,
      numbers(entries.map(({ position }) => position)),
      entries.map(({ command }) => command.id),
      numbers(entries.map(({ effectiveAt }) => effectiveAt)),
      numbers(entries.map(({ recordedAt }) => recordedAt)),
      entries.map(({ texts }) => texts?.reference ?? null),
      entries.map(({ texts }) => JSON.stringify(texts?.metadata ?? {})),
      entries.map(({ command }) => (command.op === 'reverse' ? command.entry : null)),
      captured.map((hold) => hold?.id ?? null),
      numbers(captured.map((hold) => hold?.remaining ?? null)),
      captured.map((hold) => hold?.status ?? null),
      `[${entries.map(({ postings }) => legsText(postings)).join(',')}]`,
    ],
  );
}

async function addPostings({ client, schema, ledger }: WrittenBook, entries: readonly EntryEvent[], standing: Standing): Promise<void> {
  const legs = entries.flatMap(({ position, effectiveAt, postings }) =>
    postings.map((posting, leg) => ({ ...posting, position, effectiveAt, leg: leg + 1 })),
  );
  await client.query(
    `INSERT INTO ${schema}.postings (ledger, account, effective_at, position, leg, side, amount, debits, credits)
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[], $7::numeric[], $8::numeric[], $9::numeric[])`,
    [
      ledger,
      numbers(legs.map(({ account }) => standing.get(account)!.number)),
      numbers(legs.map(({ effectiveAt }) => effectiveAt)),
      numbers(legs.map(({ position }) => position)),
      numbers(legs.map(({ leg }) => leg)),
      legs.map(({ side }) => side),
      numbers(legs.map(({ amount }) => amount)),
      numbers(legs.map(({ balances }) => balances.debitsPosted)),
      numbers(legs.map(({ balances }) => balances.creditsPosted)),
    ],
  );
}

async function addHeld({ client, schema, ledger }: WrittenBook, held: readonly HeldTotals[], standing: Standing): Promise<void> {
  await client.query(
    `INSERT INTO ${schema}.held (ledger, account, position, debits, credits)
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::numeric[], $5::numeric[])`,
    [
      ledger,
      numbers(held.map(({ account }) => standing.get(account)!.number)),
      numbers(held.map(({ position }) => position)),
      numbers(held.map(({ debits }) => debits)),
      numbers(held.map(({ credits }) => credits)),
    ],
  );
}

async function addHolds({ client, schema, ledger }: WrittenBook, placed: readonly PlacedHold[]): Promise<void> {
  const holds = placed.map(({ hold }) => hold);
  await client.query(
    `INSERT INTO ${schema}.holds (ledger, position, captured, released, remaining, status, last_position, id, debit, credit, asset, amount,
       expires_at, placed_at, reference, metadata)
     SELECT $1, * FROM unnest($2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[], $7::bigint[], $8::text[], $9::text[],
       $10::text[], $11::text[], $12::numeric[], $13::bigint[], $14::bigint[], $15::text[], $16::jsonb[])`,
    [
      ledger,
      ...changingColumnsOf(holds),
      holds.map(({ id }) => id),
      holds.map(({ debit }) => debit),
      holds.map(({ credit }) => credit),
      holds.map(({ asset }) => asset),
      numbers(holds.map(({ amount }) => amount)),
      numbers(holds.map(({ expiresAt }) => expiresAt)),
      numbers(holds.map(({ placedAt }) => placedAt)),
      placed.map(({ placing }) => placing.texts?.reference ?? null),
      placed.map(({ placing }) => JSON.stringify(placing.texts?.metadata ?? {})),
    ],
  );
}

async function changeHolds({ client, schema, ledger }: WrittenBook, holds: readonly Hold[]): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE ${schema}.holds AS hold
     SET captured = now.captured, released = now.released, remaining = now.remaining, status = now.status, last_position = now.last_position
     FROM unnest($2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[], $7::bigint[])
       AS now (position, captured, released, remaining, status, last_position)
     WHERE hold.ledger = $1 AND hold.position = now.position`,
    [ledger, ...changingColumnsOf(holds)],
  );
  assertCount(rowCount, holds.length, 'holds that were never placed');
}

const changingColumnsOf = (holds: readonly Hold[]): unknown[] => [
  numbers(holds.map(({ placedPosition }) => placedPosition)),
  numbers(holds.map(({ captured }) => captured)),
  numbers(holds.map(({ released }) => released)),
  numbers(holds.map(({ remaining }) => remaining)),
  holds.map(({ status }) => status),
  numbers(holds.map(({ position }) => position)),
];

/** A word of an entry's or a hold's metadata. */
interface Word {
  readonly thing: 'entry' | 'hold';
  readonly position: number;
  readonly key: string;
  readonly value: string;
}

function wordsOf({ entries, placed }: LedgerChanges): readonly Word[] {
  const words = (thing: Word['thing'], position: number, texts: Texts | null): readonly Word[] =>
    Object.entries(texts?.metadata ?? {}).map(([key, value]) => ({ thing, position, key, value }));
  return [
    ...entries.flatMap(({ position, texts }) => words('entry', position, texts)),
    ...placed.flatMap(({ placing }) => words('hold', placing.position, placing.texts)),
  ];
}

async function addWords({ client, schema, ledger }: WrittenBook, words: readonly Word[]): Promise<void> {
  await client.query(
    `INSERT INTO ${schema}.words (ledger, thing, position, key, value)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[])`,
    [
      ledger,
      words.map(({ thing }) => thing),
      numbers(words.map(({ position }) => position)),
      words.map(({ key }) => key),
      words.map(({ value }) => value),
    ],
  );
}

/** An array of whole numbers as PostgreSQL reads it. The driver would look into each of them for quotes. */
const numbers = (values: readonly (number | bigint | null)[]): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`;

function exactly<T>(rows: readonly T[], count: number, otherwise: string): readonly T[] {
  assertCount(rows.length, count, otherwise);
  return rows;
}

/** What the journal cannot mean must stop the follower, not be left out of the books. */
function assertCount(found: number | null, expected: number, otherwise: string): void {
  if (found !== expected) throw new Error(`The events speak of ${otherwise}: ${expected} rows were to be written, ${found ?? 0} were.`);
}
