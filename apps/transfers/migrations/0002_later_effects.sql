-- What became of holds and entries after the command that made them, by its id: of a hold, each capture, its release or its
-- expiry; of an entry, each reversal (its id in "by"). Filled from the journal together with command_ids.
CREATE TABLE transfers.later_effects (
  ledger text NOT NULL,
  id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  by text COLLATE "C",
  PRIMARY KEY (ledger, id, position)
);
GRANT SELECT, INSERT ON transfers.later_effects TO mizan_transfers;

-- As of the end of the journal that was followed: the earliest expiry of an open hold (ms since the epoch), and the last closed day.
ALTER TABLE transfers.command_ids_through ADD COLUMN next_expiry bigint, ADD COLUMN closed_through text COLLATE "C";
CREATE INDEX command_ids_through_due ON transfers.command_ids_through (next_expiry) WHERE next_expiry IS NOT NULL;

-- A lease that was given back with everything in the index ends at -infinity; one that ran out ends at its time, and its ledger
-- is loaded once more, so that no hold of it is forgotten. There were no holds before this.
UPDATE transfers.leases SET until = '-infinity' WHERE until <= clock_timestamp();
CREATE INDEX leases_left ON transfers.leases (until) WHERE until > '-infinity';
