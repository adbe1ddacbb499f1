-- A key of a tenant may own the ids that begin with a prefix: no other key of the tenant may spend one. What a revoked key
-- owned stays reserved until another key owns it, so that ids are never open to everyone while a key is replaced.
ALTER TABLE gateway.api_keys
  ADD COLUMN prefix text COLLATE "C" CHECK (prefix ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{2,39}$'),
  ADD CONSTRAINT services_own_by_their_row CHECK (prefix IS NULL OR tenant <> '*');

CREATE INDEX api_keys_prefixes ON gateway.api_keys (tenant, prefix) WHERE prefix IS NOT NULL;
CREATE UNIQUE INDEX api_keys_one_owner ON gateway.api_keys (tenant, prefix) WHERE prefix IS NOT NULL AND revoked_at IS NULL;
