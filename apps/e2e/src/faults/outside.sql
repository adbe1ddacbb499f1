-- The outside check in plain SQL: what clients were told, and what the read models say, against the journal's own rows.
-- Expects the temporary table `acknowledged`. Every row that comes back is a finding: which rule, and where.
CREATE TEMP TABLE told ON COMMIT DROP AS
  SELECT e.stream, e.version, e.event::jsonb -> 'data' AS data, e.event::jsonb ->> 'type' AS type,
         (e.event::jsonb ->> 'recordedAt')::timestamptz AS recorded_at, first.ledger
  FROM journal.events e
  JOIN (SELECT stream, event::jsonb #>> '{data,ledger}' AS ledger FROM journal.events WHERE version = 1) AS first USING (stream);
CREATE TEMP TABLE spent ON COMMIT DROP AS
  SELECT ledger, stream, version, type, data, data -> 'command' AS command, data #>> '{command,id}' AS id
  FROM told WHERE data #>> '{command,op}' <> 'open';
CREATE INDEX ON spent (ledger, id);
CREATE TEMP TABLE legs ON COMMIT DROP AS
  SELECT t.ledger, t.stream, t.version, p.leg, p.posting ->> 'account' AS account, p.posting ->> 'asset' AS asset,
         p.posting ->> 'side' AS side, (p.posting ->> 'amount')::numeric AS amount
  FROM told t, jsonb_array_elements(t.data -> 'postings') WITH ORDINALITY AS p (posting, leg)
  WHERE t.type IN ('EntryPosted', 'HoldCaptured');
CREATE TEMP TABLE opened ON COMMIT DROP AS
  SELECT stream, data #>> '{account,id}' AS account, data #>> '{account,type}' AS type, (data #>> '{account,minBalance}')::numeric AS floor
  FROM told WHERE type = 'AccountOpened';
ANALYZE told, spent, legs, opened;

SELECT 'lost' AS finding, format('%s %s: acknowledged at position %s', a.ledger, a.id, a.position) AS what
FROM acknowledged a
WHERE a.outcome = 'applied'
  AND NOT EXISTS (SELECT FROM spent s WHERE s.ledger = a.ledger AND s.id = a.id AND s.type <> 'TransferRejected')
UNION ALL
-- Refusals that follow from the state of the books are recorded, and spend their id.
SELECT 'lost', format('%s %s: acknowledged as refused, %s, but not recorded', a.ledger, a.id, a.code)
FROM acknowledged a
WHERE a.outcome = 'rejected' AND a.code IN ('insufficient_funds', 'limit_exceeded', 'account_not_found')
  AND NOT EXISTS (SELECT FROM spent s WHERE s.ledger = a.ledger AND s.id = a.id AND s.type = 'TransferRejected')
UNION ALL
SELECT 'doubled', format('%s %s: %s times', ledger, id, count(*)) FROM spent GROUP BY ledger, id HAVING count(*) > 1
UNION ALL
SELECT 'doubled', format('%s account %s: opened %s times', stream, account, count(*)) FROM opened GROUP BY stream, account HAVING count(*) > 1
UNION ALL
SELECT 'changed', format('%s %s: acknowledged as %s at %s, kept as %s at %s', a.ledger, a.id, a.command, a.position, s.command, s.version)
FROM acknowledged a JOIN spent s USING (ledger, id)
WHERE a.outcome = 'applied' AND (a.command <> s.command OR a.position <> s.version)
UNION ALL
SELECT 'refused, yet applied', format('%s %s: %s', a.ledger, a.id, a.code)
FROM acknowledged a JOIN spent s USING (ledger, id)
WHERE a.outcome = 'rejected' AND (s.type <> 'TransferRejected' OR s.data #>> '{rejection,code}' <> a.code OR a.command <> s.command)
UNION ALL
SELECT 'invented', format('%s %s: nobody was told of it', s.ledger, s.id)
FROM spent s LEFT JOIN acknowledged a USING (ledger, id) WHERE a.id IS NULL
UNION ALL
SELECT 'gap', format('%s has %s events, %s to %s', stream, count(*), min(version), max(version))
FROM journal.events GROUP BY stream HAVING min(version) <> 1 OR max(version) <> count(*)
UNION ALL
SELECT 'gap', format('the feed has %s tokens, up to %s', count(*), max(token)) FROM journal.feed HAVING max(token) <> count(*)
UNION ALL
SELECT 'gap', format('%s: append %s begins at %s, the one before ended at %s', stream, token, first_version, before)
FROM (SELECT *, lag(last_version, 1, 0::bigint) OVER (PARTITION BY stream ORDER BY token) AS before FROM journal.feed) AS f
WHERE first_version <> before + 1
UNION ALL
SELECT 'gap', format('%s: the feed ends at %s, its events at %s', f.stream, f.last, e.last)
FROM (SELECT stream, max(last_version) AS last FROM journal.feed GROUP BY stream) f
FULL JOIN (SELECT stream, max(version) AS last FROM journal.events GROUP BY stream) e USING (stream) WHERE f.last IS DISTINCT FROM e.last
UNION ALL
SELECT 'time goes back', format('%s at %s', stream, version)
FROM (SELECT *, lag(recorded_at) OVER (PARTITION BY stream ORDER BY version) AS before FROM told) AS t WHERE recorded_at < before
UNION ALL
-- The clocks of this machine's processes may lie; that of its database is not touched.
SELECT 'time is wrong', format('%s at %s: %s', stream, version, recorded_at)
FROM told WHERE recorded_at NOT BETWEEN clock_timestamp() - interval '90 minutes' AND clock_timestamp() + interval '5 seconds'
UNION ALL
SELECT 'not zero', format('%s %s', stream, asset)
FROM legs GROUP BY stream, asset HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
UNION ALL
SELECT 'not zero', format('%s at %s', stream, version)
FROM legs GROUP BY stream, version, asset HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
UNION ALL
SELECT 'below its floor', format('%s %s at %s: %s', stream, account, version, balance)
FROM (SELECT l.stream, l.version, account, o.floor,
             sum(CASE WHEN (side = 'debit') = (o.type IN ('asset', 'expense')) THEN amount ELSE -amount END)
               OVER (PARTITION BY l.stream, account ORDER BY l.version) AS balance
      FROM legs l JOIN opened o USING (stream, account)) AS running
WHERE balance < floor
UNION ALL
SELECT 'read model', format('%s: at %s, the journal at %s', e.stream, r.position, e.last)
FROM (SELECT stream, max(version) AS last FROM journal.events GROUP BY stream) e
LEFT JOIN accounts.ledgers r ON e.stream = 'journal-' || r.uid WHERE r.position IS DISTINCT FROM e.last
UNION ALL
SELECT 'read model', format('%s %s: %s debits and %s credits, the journal has %s and %s', stream, account, r.debits, r.credits, j.debits, j.credits)
FROM (SELECT 'journal-' || l.uid AS stream, a.id AS account, a.debits_posted AS debits, a.credits_posted AS credits
      FROM accounts.accounts a JOIN accounts.ledgers l ON l.number = a.ledger) r
FULL JOIN (SELECT o.stream, o.account, coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0) AS debits,
                  coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0) AS credits
           FROM opened o LEFT JOIN legs USING (stream, account) GROUP BY o.stream, o.account) j USING (stream, account)
WHERE (r.debits, r.credits) IS DISTINCT FROM (j.debits, j.credits)
UNION ALL
SELECT 'read model', format('%s at %s, leg %s: %s', stream, version, leg, CASE WHEN r IS NULL THEN 'missing' ELSE 'not in the journal' END)
FROM (SELECT stream, version, leg, account, side, amount, true AS j FROM legs) j
FULL JOIN (SELECT 'journal-' || l.uid AS stream, p.position AS version, p.leg::bigint, a.id AS account, p.side, p.amount, true AS r
           FROM accounts.postings p JOIN accounts.accounts a ON a.ledger = p.ledger AND a.number = p.account
           JOIN accounts.ledgers l ON l.number = p.ledger) r USING (stream, version, leg, account, side, amount)
WHERE r IS NULL OR j IS NULL
UNION ALL
SELECT 'read model', format('%s: hold %s', stream, id)
FROM (SELECT DISTINCT ON (stream, data #>> '{hold,id}') stream, data #>> '{hold,id}' AS id, data #>> '{hold,status}' AS status,
             (data #>> '{hold,remaining}')::numeric AS remaining, (data #>> '{hold,captured}')::numeric AS captured
      FROM told WHERE data ? 'hold' ORDER BY stream, data #>> '{hold,id}', version DESC) j
FULL JOIN (SELECT 'journal-' || l.uid AS stream, h.id, h.status, h.remaining, h.captured
           FROM accounts.holds h JOIN accounts.ledgers l ON l.number = h.ledger) r USING (stream, id)
WHERE (j.status, j.remaining, j.captured) IS DISTINCT FROM (r.status, r.remaining, r.captured)
