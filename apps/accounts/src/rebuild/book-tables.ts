/** The schema of the books that are read, as the migrations name it. */
export const LIVE = 'accounts';

/** Where the books are made again. Nothing in it is worth keeping. */
export const BESIDE = 'accounts_beside';

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
