-- One row: the kind of store that holds all journals this database belongs to. A service that is set to another would find them empty.
CREATE TABLE transfers.journals_kept_in (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  store text NOT NULL CHECK (store IN ('postgres', 'eventstoredb'))
);
INSERT INTO transfers.journals_kept_in (store) SELECT 'postgres' WHERE EXISTS (SELECT FROM journal.feed);
GRANT SELECT, INSERT ON transfers.journals_kept_in TO mizan_transfers;
