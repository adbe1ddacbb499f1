-- Whoever keeps ledgers here. `*` stands for all of them: services alone have keys for it.
CREATE TABLE gateway.tenants (
  id text COLLATE "C" PRIMARY KEY CHECK (id = '*' OR id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A key itself is shown once and kept nowhere. 256 random bits need no slow hash: SHA-256 of it finds it and gives nothing away.
CREATE TABLE gateway.api_keys (
  id text COLLATE "C" PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL REFERENCES gateway.tenants,
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9:_-]{0,62}$'),
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  CHECK ((tenant = '*') = (name LIKE 'service:%'))
);

-- Keys are given out and revoked, never changed and never removed: events name them for ever.
GRANT SELECT, INSERT ON gateway.tenants TO mizan_gateway;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON gateway.api_keys TO mizan_gateway;
