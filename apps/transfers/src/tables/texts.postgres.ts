import { type KeptTexts, ledgerUidOf } from '@mizan/contracts';
import type { Pool } from 'pg';
import type { Metadata } from '@mizan/ledger';
import type { TextsBeside } from '@mizan/writer/ledger';

export class PostgresTexts implements TextsBeside {
  constructor(private readonly pool: Pool) {}

  async keep(ledger: string, kept: readonly { readonly commitment: string; readonly texts: KeptTexts }[]): Promise<void> {
    await this.pool.query({
      name: 'texts-keep',
      text: `INSERT INTO transfers.texts (ledger, commitment, salt, reference, metadata)
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
      values: [
        ledger,
        kept.map(({ commitment }) => commitment),
        kept.map(({ texts }) => texts.salt),
        kept.map(({ texts }) => texts.reference),
        kept.map(({ texts }) => JSON.stringify(texts.metadata)),
      ],
    });
  }

  async find(wanted: readonly { readonly stream: string; readonly commitment: string }[]): Promise<ReadonlyMap<string, KeptTexts>> {
    if (wanted.length === 0) return new Map();
    const { rows } = await this.pool.query<{ commitment: string; salt: string; reference: string | null; metadata: string }>({
      name: 'texts-find',
      text: `SELECT commitment, salt, reference, metadata FROM transfers.texts
             JOIN unnest($1::text[], $2::text[]) AS wanted (ledger, commitment) USING (ledger, commitment)`,
      values: [wanted.map(({ stream }) => ledgerUidOf(stream)), wanted.map(({ commitment }) => commitment)],
    });
    return new Map(
      rows.map(({ commitment, salt, reference, metadata }) => [
        commitment,
        { salt, reference, metadata: JSON.parse(metadata) as Metadata },
      ]),
    );
  }
}
