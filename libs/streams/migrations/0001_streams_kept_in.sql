-- One row: the kind of store that keeps the service's streams, and the name that this database has there, so that neither takes another for its own.
-- A service that is set to another store would find its streams empty.
CREATE TABLE owner.streams_kept_in (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  store text NOT NULL CHECK (store IN ('postgres', 'eventstoredb')),
  identity uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Whether the store has been told the name.
  is_known boolean NOT NULL DEFAULT false
);
GRANT SELECT, INSERT, UPDATE (is_known) ON owner.streams_kept_in TO mizan_owner;
