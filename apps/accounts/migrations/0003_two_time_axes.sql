-- Questions about the past, by what counted at a moment and by what was known at one. Rows written before know too little of this, so
-- the books are made again from the journal, as 0002 did it. Tables are locked in everybody's order.
LOCK TABLE accounts.inbox, accounts.feed_tokens, accounts.ledgers, accounts.accounts, accounts.entries, accounts.postings,
  accounts.day_totals, accounts.holds, accounts.words, accounts.rebuilding IN ACCESS EXCLUSIVE MODE;
INSERT INTO accounts.rebuilding AS standing (stream, version)
  SELECT stream, max(version) FROM accounts.inbox WHERE version > 0 GROUP BY stream
  ON CONFLICT (stream) DO UPDATE SET version = greatest(standing.version, excluded.version);
TRUNCATE accounts.inbox, accounts.feed_tokens, accounts.ledgers, accounts.accounts, accounts.entries, accounts.postings,
  accounts.holds, accounts.words;

-- Folios say more than the totals of days, and are written a thousand times less often.
DROP TABLE accounts.day_totals;

-- `lines`: how many postings the account has.
ALTER TABLE accounts.accounts ADD lines bigint NOT NULL;

-- `debits`, `credits`: the account's posted totals after the whole entry, in recorded order.
ALTER TABLE accounts.postings
  DROP balance,
  ADD debits numeric(39) NOT NULL,
  ADD credits numeric(39) NOT NULL;

-- `legs`: the account, side, amount and asset of each posting, and the account's four totals after the whole entry (debits posted and held,
-- credits posted and held), as an array. The accounts stand there, and no longer beside it.
ALTER TABLE accounts.entries DROP accounts;

-- The last position that was recorded at a moment.
CREATE TABLE accounts.moments (
  ledger integer NOT NULL,
  recorded_at bigint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (ledger, recorded_at)
) WITH (fillfactor = 90);

-- What holds take of an account, on either side, after an event that changed it.
CREATE TABLE accounts.held (
  ledger integer NOT NULL,
  account bigint NOT NULL,
  position bigint NOT NULL,
  debits numeric(39) NOT NULL,
  credits numeric(39) NOT NULL,
  PRIMARY KEY (ledger, account, position)
);

-- An account's postings in recorded order are cut into folios once there are enough for one, and folios are bound into volumes. Both
-- are written once and never change: what is posted later, backdated or not, goes into later ones. `level`: 0 a folio, 1 a volume.
-- It has the postings after the one before it, through this position. `latest`: the last moment at which any of them counts.
CREATE TABLE accounts.folios (
  ledger integer NOT NULL,
  account bigint NOT NULL,
  level smallint NOT NULL CHECK (level IN (0, 1)),
  through bigint NOT NULL,
  latest bigint NOT NULL,
  PRIMARY KEY (ledger, account, level, through)
);

-- What of a folio or a volume counts at or before each of the moments of its postings, in order, some moments to a row.
-- `earliest`: the first of them.
CREATE TABLE accounts.folio_totals (
  ledger integer NOT NULL,
  account bigint NOT NULL,
  level smallint NOT NULL,
  through bigint NOT NULL,
  earliest bigint NOT NULL,
  moments bigint[] NOT NULL,
  debits numeric[] NOT NULL,
  credits numeric[] NOT NULL,
  PRIMARY KEY (ledger, account, level, through, earliest)
);

GRANT SELECT, INSERT, UPDATE, TRUNCATE ON accounts.moments TO mizan_accounts;
GRANT SELECT, INSERT, TRUNCATE ON accounts.held, accounts.folios, accounts.folio_totals TO mizan_accounts;
