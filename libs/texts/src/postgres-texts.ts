import type { KeptTexts } from '@mizan/contracts';
import { plainName } from '@mizan/database';
import assert from 'node:assert/strict';
import type { Pool } from 'pg';

/** Which table it is. */
export interface TextsTable {
  readonly schema: string;
  /** Tables that are older than this library name the owner of the words in another column, as something other than the stream. */
  readonly owner?: { readonly column: string; readonly of: (stream: string) => string };
}

const MOST_ERASED_AT_ONCE = 1_000;

/** Words about people beside the streams of one service, found by the salted commitment that an event holds. */
export class PostgresTexts {
  private readonly table: string;
  private readonly column: string;
  private readonly ownerOf: (stream: string) => string;

  /** @throws for a name that could not stand in SQL as it is. */
  constructor(
    private readonly pool: Pool,
    { schema, owner = { column: 'stream', of: (stream) => stream } }: TextsTable,
  ) {
    this.table = `${plainName(schema)}.texts`;
    this.column = plainName(owner.column);
    this.ownerOf = owner.of;
  }

  /** Durable when it resolves, so that the event can be appended. Keeping the same again changes nothing. */
  async keep(stream: string, kept: readonly { readonly commitment: string; readonly texts: KeptTexts }[]): Promise<void> {
    await this.pool.query({
      name: `texts-keep-${this.table}`,
      text: `INSERT INTO ${this.table} (${this.column}, commitment, salt, reference, metadata)
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
      values: [
        this.ownerOf(stream),
        kept.map(({ commitment }) => commitment),
        kept.map(({ texts }) => texts.salt),
        kept.map(({ texts }) => texts.reference),
        kept.map(({ texts }) => JSON.stringify(texts.metadata)),
      ],
    });
  }

  /** Those that still exist, by commitment. What was erased is missing from the answer: its reader says null. */
  async find(wanted: readonly { readonly stream: string; readonly commitment: string }[]): Promise<ReadonlyMap<string, KeptTexts>> {
    if (wanted.length === 0) return new Map();
    const { rows } = await this.pool.query<{ commitment: string; salt: string; reference: string | null; metadata: string }>({
      name: `texts-find-${this.table}`,
      text: `SELECT commitment, salt, reference, metadata FROM ${this.table}
             JOIN unnest($1::text[], $2::text[]) AS wanted (${this.column}, commitment) USING (${this.column}, commitment)`,
      values: [wanted.map(({ stream }) => this.ownerOf(stream)), wanted.map(({ commitment }) => commitment)],
    });
    return new Map(
      rows.map(({ commitment, salt, reference, metadata }) => [
        commitment,
        { salt, reference, metadata: JSON.parse(metadata) as KeptTexts['metadata'] },
      ]),
    );
  }

  /**
   * Erases the words and the salt of these commitments, at most 1,000. The events keep the commitments, which without the salt tell nothing.
   * A process that has the words in memory must forget them first, or it may write them anew with a later event.
   * @returns how many there were to erase; 0 where all were erased before.
   */
  async erase(stream: string, commitments: readonly string[]): Promise<number> {
    assert(commitments.length <= MOST_ERASED_AT_ONCE, `At most ${MOST_ERASED_AT_ONCE} texts are erased at once`);
    const { rowCount } = await this.pool.query({
      name: `texts-erase-${this.table}`,
      text: `DELETE FROM ${this.table} WHERE ${this.column} = $1 AND commitment = ANY($2::text[])`,
      values: [this.ownerOf(stream), commitments],
    });
    return rowCount ?? 0;
  }
}
