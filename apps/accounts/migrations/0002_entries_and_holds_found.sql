-- Entries are kept as they are shown and found by what they say; holds; the last closed day.
-- Rows written before know too little of this, so the books are made again from the journal: all tables are emptied, and reads
-- of a ledger are refused (`unavailable`) until it has come back to where it was. Tables are locked in everybody's order.
LOCK TABLE accounts.inbox, accounts.feed_tokens, accounts.ledgers, accounts.accounts, accounts.entries, accounts.postings,
  accounts.day_totals, accounts.rebuilding IN ACCESS EXCLUSIVE MODE;
INSERT INTO accounts.rebuilding AS standing (stream, version)
  SELECT stream, max(version) FROM accounts.inbox WHERE version > 0 GROUP BY stream
  ON CONFLICT (stream) DO UPDATE SET version = greatest(standing.version, excluded.version);
TRUNCATE accounts.inbox, accounts.feed_tokens, accounts.ledgers, accounts.accounts, accounts.entries, accounts.postings, accounts.day_totals;

-- `closed_through`: no entry may be effective on or before this day, `YYYY-MM-DD` (UTC), or null.
ALTER TABLE accounts.ledgers ADD closed_through text COLLATE "C";

-- `legs`: the postings as the API shows them, with the balances after the whole entry. `reverses`: the id of the entry that this one
-- reverses. `hold`: the id of the hold that it captured, with what remained of it afterwards. Who reverses an entry is looked up.
ALTER TABLE accounts.entries
  ADD metadata jsonb NOT NULL,
  ADD legs json NOT NULL,
  ADD reverses text COLLATE "C",
  ADD hold text COLLATE "C",
  ADD hold_remaining numeric(39),
  ADD hold_status text,
  ALTER reference TYPE text COLLATE "C",
  ADD CHECK ((hold IS NULL) = (hold_remaining IS NULL) AND (hold IS NULL) = (hold_status IS NULL));
CREATE INDEX entries_by_effect ON accounts.entries (ledger, effective_at, position);
CREATE INDEX entries_by_reference ON accounts.entries (ledger, reference, position) WHERE reference IS NOT NULL;
CREATE INDEX entries_by_reversed ON accounts.entries (ledger, reverses, position) WHERE reverses IS NOT NULL;
CREATE INDEX postings_by_position ON accounts.postings (ledger, account, side, position);

-- A hold as its last event left it, known by the position of its placing. `last_position`: of that last event.
CREATE TABLE accounts.holds (
  ledger integer NOT NULL,
  position bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  debit text COLLATE "C" NOT NULL,
  credit text COLLATE "C" NOT NULL,
  asset text COLLATE "C" NOT NULL,
  amount numeric(39) NOT NULL,
  captured numeric(39) NOT NULL,
  released numeric(39) NOT NULL,
  remaining numeric(39) NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('placed', 'captured', 'released', 'expired')),
  expires_at bigint,
  placed_at bigint NOT NULL,
  last_position bigint NOT NULL,
  reference text COLLATE "C",
  metadata jsonb NOT NULL,
  PRIMARY KEY (ledger, position),
  CHECK (captured + released + remaining = amount)
) WITH (fillfactor = 70);
CREATE INDEX holds_by_moment ON accounts.holds (ledger, placed_at, position);
CREATE INDEX holds_by_debit ON accounts.holds (ledger, debit, status, position);
CREATE INDEX holds_by_credit ON accounts.holds (ledger, credit, status, position);
CREATE INDEX holds_by_status ON accounts.holds (ledger, status, position);
CREATE INDEX holds_by_reference ON accounts.holds (ledger, reference, position) WHERE reference IS NOT NULL;

-- The metadata of entries and holds word by word, so that those with a word are found in the order of the journal, a page at a time.
-- `position`: the entry's, or that of the hold's placing.
CREATE TABLE accounts.words (
  ledger integer NOT NULL,
  thing text COLLATE "C" NOT NULL CHECK (thing IN ('entry', 'hold')),
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (ledger, thing, key, value, position)
);

GRANT SELECT, INSERT, UPDATE, TRUNCATE ON accounts.holds TO mizan_accounts;
GRANT SELECT, INSERT, TRUNCATE ON accounts.words TO mizan_accounts;
