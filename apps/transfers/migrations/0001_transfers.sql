-- Which ledger of which tenant is which stream. The uid is opaque and never reused.
CREATE TABLE transfers.ledgers (
  uid text PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  UNIQUE (tenant, id)
);

-- A tenant's own assets; ISO 4217 codes exist already.
CREATE TABLE transfers.assets (
  tenant text COLLATE "C" NOT NULL,
  code text COLLATE "C" NOT NULL,
  exponent smallint NOT NULL CHECK (exponent BETWEEN 0 AND 18),
  PRIMARY KEY (tenant, code)
);

-- Who writes which ledger. The expected version of an append is the fence; this row says whom to ask.
CREATE TABLE transfers.leases (
  ledger text PRIMARY KEY,
  owner text NOT NULL,
  epoch bigint NOT NULL,
  until timestamptz NOT NULL
);

-- Every command id that was ever spent, and the position of the event that spent it. Filled from the journal.
CREATE TABLE transfers.command_ids (
  ledger text NOT NULL,
  id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (ledger, id)
);

-- How far command_ids has followed each journal.
CREATE TABLE transfers.command_ids_through (
  ledger text PRIMARY KEY,
  position bigint NOT NULL
);

-- Words about people, beside the journal: the event holds their salted commitment alone. Erasing deletes the row.
CREATE TABLE transfers.texts (
  ledger text NOT NULL,
  commitment text COLLATE "C" NOT NULL,
  salt text NOT NULL,
  reference text,
  metadata text NOT NULL,
  PRIMARY KEY (ledger, commitment)
);

-- How far the relay has published the feed.
CREATE TABLE transfers.relay_tokens (
  name text PRIMARY KEY,
  token text NOT NULL
);

GRANT SELECT, INSERT ON transfers.ledgers, transfers.assets TO mizan_transfers;
GRANT SELECT, INSERT ON transfers.command_ids TO mizan_transfers;
GRANT SELECT, INSERT, UPDATE ON transfers.leases, transfers.command_ids_through, transfers.relay_tokens TO mizan_transfers;
GRANT SELECT, INSERT, DELETE ON transfers.texts TO mizan_transfers;
