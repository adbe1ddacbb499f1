-- Journals: every event as the text that was hashed, never changed. Only journal.append writes here.
CREATE TABLE journal.events (
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  event text NOT NULL,
  PRIMARY KEY (stream, version)
);

-- One row per append. Tokens are dense and rise in the order of the commits.
CREATE TABLE journal.feed (
  token bigint PRIMARY KEY CHECK (token > 0),
  stream text COLLATE "C" NOT NULL,
  first_version bigint NOT NULL,
  last_version bigint NOT NULL CHECK (last_version >= first_version),
  bytes bigint NOT NULL
);

CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % is refused.', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.events FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.feed FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
-- Also where session_replication_role would switch triggers off.
ALTER TABLE journal.events ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE journal.feed ENABLE ALWAYS TRIGGER append_only;

-- Many appends in one call, each all or nothing by its own expected version. The events of all of them stand in one array,
-- counts[i] of them for append i; appends of one stream must stand next to each other.
-- One row per append comes back, in order: whether it was written, and the version the stream is at.
CREATE FUNCTION journal.append(streams text[], expected bigint[], counts integer[], events text[])
RETURNS TABLE (appended boolean, version bigint)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Plans are kept: none may be one that suits only small tables, or holds the arrays as constants, which would be walked from the start for each element.
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  starts integer[];
  sizes bigint[];
  won boolean[];
  heads bigint[];
  head bigint;
  given integer := 0;
BEGIN
  -- One transaction at a time decides about a stream, in an order that no two can take crosswise.
  -- These locks leave no old rows behind, so that a long transaction elsewhere cannot slow them down.
  PERFORM pg_advisory_xact_lock(741001, key) FROM (SELECT DISTINCT hashtext(s) AS key FROM unnest(streams) AS s ORDER BY key) AS keys;

  FOR i IN 1 .. cardinality(streams) LOOP
    IF i = 1 OR streams[i] <> streams[i - 1] THEN
      SELECT coalesce(max(e.version), 0) INTO head FROM journal.events AS e WHERE e.stream = streams[i];
    END IF;
    won[i] := head = expected[i];
    starts[i] := given;
    given := given + counts[i];
    sizes[i] := (SELECT sum(octet_length(events[starts[i] + n])) FROM generate_series(1, counts[i]) AS n);
    IF won[i] THEN
      head := head + counts[i];
    END IF;
    heads[i] := head;
  END LOOP;
  IF given <> cardinality(events) THEN
    RAISE EXCEPTION 'counts say % events, % are given', given, cardinality(events);
  END IF;

  IF true = ANY (won) THEN
    INSERT INTO journal.events (stream, version, event)
    SELECT stream, expects + n, events[start + n]
    FROM unnest(streams, expected, counts, starts, won) AS a (stream, expects, count, start, won), generate_series(1, count) AS n
    WHERE won;

    -- Last of all, and held until the commit: whoever has a later token commits later.
    PERFORM pg_advisory_xact_lock(741002, 0);
    SELECT coalesce(max(f.token), 0) INTO head FROM journal.feed AS f;
    INSERT INTO journal.feed (token, stream, first_version, last_version, bytes)
    SELECT head + row_number() OVER (ORDER BY nr), stream, expects + 1, expects + count, size
    FROM unnest(streams, expected, counts, sizes, won) WITH ORDINALITY AS a (stream, expects, count, size, won, nr)
    WHERE won;
  END IF;

  RETURN QUERY SELECT * FROM unnest(won, heads);
END
$$;

REVOKE ALL ON FUNCTION journal.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal.append TO mizan_transfers;
GRANT SELECT ON journal.events, journal.feed TO mizan_transfers;
