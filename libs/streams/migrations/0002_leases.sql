-- Who writes which stream. The expected version of an append is the fence; this row says whom to ask.
CREATE TABLE owner.leases (
  stream text PRIMARY KEY,
  held_by text NOT NULL,
  epoch bigint NOT NULL,
  until timestamptz NOT NULL
);
-- Those whose writer did not end as it should.
CREATE INDEX leases_left ON owner.leases (until) WHERE until > '-infinity';
GRANT SELECT, INSERT, UPDATE ON owner.leases TO mizan_owner;
