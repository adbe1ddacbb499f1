-- The books as the journal tells them: nothing here is true by itself, and all of it can be made again from the journal.
-- Moments are milliseconds since the epoch, as in the rules: every moment that an entry may have fits, to the millisecond.
-- Ids compare by bytes.

-- One row per journal. `position` is the last event that all tables here include.
CREATE TABLE accounts.ledgers (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid text COLLATE "C" NOT NULL UNIQUE,
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  position bigint NOT NULL,
  recorded_at bigint NOT NULL,
  UNIQUE (tenant, id)
);

-- An account as its last event left it. Within its ledger it is known by the position of its opening.
CREATE TABLE accounts.accounts (
  ledger integer NOT NULL,
  number bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense')),
  asset text COLLATE "C" NOT NULL,
  exponent smallint NOT NULL,
  min_balance numeric(39),
  max_balance numeric(39),
  frozen text NOT NULL CHECK (frozen IN ('none', 'debits', 'credits', 'all')),
  closed boolean NOT NULL,
  metadata jsonb NOT NULL,
  opened_at bigint NOT NULL,
  debits_posted numeric(39) NOT NULL,
  debits_held numeric(39) NOT NULL,
  credits_posted numeric(39) NOT NULL,
  credits_held numeric(39) NOT NULL,
  PRIMARY KEY (ledger, number),
  UNIQUE (ledger, id)
) WITH (fillfactor = 70);

-- What the postings of one entry share. `accounts`: the account of each leg, in order.
CREATE TABLE accounts.entries (
  ledger integer NOT NULL,
  position bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  effective_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  reference text,
  accounts text[] NOT NULL,
  PRIMARY KEY (ledger, position)
);

-- The legs, in the order of statements. `balance`: the account's normal posted balance after the entry, in recorded order.
CREATE TABLE accounts.postings (
  ledger integer NOT NULL,
  account bigint NOT NULL,
  effective_at bigint NOT NULL,
  position bigint NOT NULL,
  leg smallint NOT NULL,
  side text NOT NULL CHECK (side IN ('debit', 'credit')),
  amount numeric(39) NOT NULL,
  balance numeric(39) NOT NULL,
  PRIMARY KEY (ledger, account, effective_at, position, leg)
);

-- What was posted to an account effective on a day (days since the epoch, UTC): where a statement's opening comes from.
CREATE TABLE accounts.day_totals (
  ledger integer NOT NULL,
  account bigint NOT NULL,
  day integer NOT NULL,
  debits numeric NOT NULL,
  credits numeric NOT NULL,
  PRIMARY KEY (ledger, account, day)
) WITH (fillfactor = 70);

-- Which version of which stream the tables above include (written with them, in one transaction), and how far the feed has been followed.
CREATE TABLE accounts.inbox (
  consumer text NOT NULL,
  stream text NOT NULL,
  version bigint NOT NULL CHECK (version >= 0),
  PRIMARY KEY (consumer, stream)
);
CREATE TABLE accounts.feed_tokens (
  consumer text PRIMARY KEY,
  token text NOT NULL
);

-- Streams that a rebuild has emptied, and the version each must reach before its ledger is read again.
CREATE TABLE accounts.rebuilding (
  stream text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE, TRUNCATE ON accounts.ledgers, accounts.accounts, accounts.day_totals TO mizan_accounts;
GRANT SELECT, INSERT, TRUNCATE ON accounts.entries, accounts.postings TO mizan_accounts;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON accounts.inbox, accounts.feed_tokens, accounts.rebuilding TO mizan_accounts;
