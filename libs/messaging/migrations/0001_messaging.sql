-- Of each read model the last version applied of each stream, in the transaction of its effect.
CREATE TABLE owner.inbox (
  consumer text NOT NULL,
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL CHECK (version >= 0),
  PRIMARY KEY (consumer, stream)
);

-- The place in the feed up to which everything is applied.
CREATE TABLE owner.feed_tokens (
  consumer text PRIMARY KEY,
  token text NOT NULL
);

-- Events that a handler without order refused. The events themselves are in their owner's feed.
CREATE TABLE owner.dead_letters (
  consumer text NOT NULL,
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, stream, version)
);

-- The place in the service's own feed up to which its topic has everything.
CREATE TABLE owner.relay_tokens (
  name text PRIMARY KEY,
  token text NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON owner.inbox, owner.feed_tokens, owner.dead_letters TO mizan_owner;
GRANT SELECT, INSERT, UPDATE ON owner.relay_tokens TO mizan_owner;
