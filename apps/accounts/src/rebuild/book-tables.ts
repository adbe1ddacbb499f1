/** The schema of the books that are read, as the migrations name it. */
export const LIVE = 'accounts';

/** All tables of the books, in the order in which everybody locks them. */
export const bookTables = [
  'ledgers',
  'accounts',
  'entries',
  'postings',
  'moments',
  'held',
  'folios',
  'folio_totals',
  'holds',
  'words',
  'rebuilding',
] as const;

/** The tables as SQL lists them. */
export const inSchema = (schema: string, tables: readonly string[]): string => tables.map((table) => `${schema}.${table}`).join(', ');
