import { ledgerUidOf } from '@mizan/contracts';
import { PostgresTexts } from '@mizan/texts';
import type { Pool } from 'pg';

/** The words beside the journals. This table is older than libs/texts and knows a ledger by its uid. */
export const textsBeside = (pool: Pool): PostgresTexts =>
  new PostgresTexts(pool, { schema: 'transfers', owner: { column: 'ledger', of: ledgerUidOf } });
