-- One row: the kind of store that holds all journals this database belongs to, and the name that this database has there, so that neither takes
-- another for its own. A service that is set to another store would find the journals empty.
CREATE TABLE transfers.journals_kept_in (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  store text NOT NULL CHECK (store IN ('postgres', 'eventstoredb')),
  identity uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Whether the store has been told the name.
  is_known boolean NOT NULL DEFAULT false
);
INSERT INTO transfers.journals_kept_in (store) SELECT 'postgres' WHERE EXISTS (SELECT FROM journal.feed);
GRANT SELECT, INSERT, UPDATE (is_known) ON transfers.journals_kept_in TO mizan_transfers;
