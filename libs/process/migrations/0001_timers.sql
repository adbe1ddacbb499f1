-- `owner` is the schema of the service whose processes these are, `mizan_owner` its role.

-- The processes that wait or are under way, one row each: `at` is when to look at them, ms since the epoch.
CREATE TABLE owner.process_timers (
  kind text NOT NULL,
  process text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (kind, process)
);
CREATE INDEX process_timers_due ON owner.process_timers (kind, at, process);

-- Which instance takes the due timers of a kind.
CREATE TABLE owner.process_leases (
  kind text PRIMARY KEY,
  holder text NOT NULL,
  until timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON owner.process_timers, owner.process_leases TO mizan_owner;
