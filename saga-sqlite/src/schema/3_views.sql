-- What people read; documented in the crate's documentation. Secrets are never shown: wherever a payload can stand,
-- its `$payload.secrets` are removed.

CREATE VIEW sagas AS
SELECT
    s.id,
    s.saga,
    s.version,
    s.phase,
    (SELECT group_concat(value, ', ') FROM json_each(iif(json_valid(s.reasons), s.reasons, '["unreadable"]'))
        WHERE s.reasons IS NOT NULL) AS reasons,
    strftime('%Y-%m-%dT%H:%M:%fZ', s.created_at / 1000.0, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%fZ', s.updated_at / 1000.0, 'unixepoch') AS updated,
    strftime('%Y-%m-%dT%H:%M:%fZ', s.wake_at / 1000.0, 'unixepoch') AS wake_at,
    CASE s.undoable_until
        WHEN 9223372036854775807 THEN 'without limit'
        ELSE strftime('%Y-%m-%dT%H:%M:%fZ', s.undoable_until / 1000.0, 'unixepoch')
    END AS undoable_until,
    s.deaths,
    CASE s.held WHEN 1 THEN coalesce(
        (SELECT 'process ' || w.pid || ' (worker ' || w.name || ')'
            FROM stored_workers w WHERE w.number = s.epoch >> 40),
        'worker number ' || (s.epoch >> 40)
    ) END AS held_by,
    (SELECT count(*) FROM stored_deliveries d WHERE d.num = s.num AND d.unreadable IS NULL) AS deliveries
FROM stored_sagas s;

-- A record is an object with one key, its kind, or only the kind's name. Text that is not JSON is shown as one record of
-- the kind `unreadable`; the other rows are shown as always.
CREATE VIEW journal AS
SELECT
    s.id AS saga,
    a.seq + e.key AS seq,
    strftime('%Y-%m-%dT%H:%M:%fZ', a.at / 1000.0, 'unixepoch') AS at,
    CASE e.type WHEN 'text' THEN e.value ELSE (SELECT k.key FROM json_each(e.value) k LIMIT 1) END AS kind,
    CASE e.type WHEN 'text' THEN NULL ELSE
        (SELECT json_extract(k.value, '$.site') FROM json_each(e.value) k LIMIT 1)
    END AS site,
    CASE
        WHEN e.type = 'text' THEN NULL
        WHEN instr(e.value, '"$payload"') = 0 THEN (SELECT k.value FROM json_each(e.value) k LIMIT 1)
        ELSE (
            WITH RECURSIVE
                hidden (n, path) AS (
                    SELECT row_number() OVER (), t.fullkey FROM json_tree(e.value) t
                    WHERE t.key = 'secrets' AND t.path LIKE '%."$payload"'
                        AND t.path NOT GLOB '*[^a-zA-Z_.$"]*'
                        AND t.path NOT GLOB '*[^.]"[^.]*'
                ),
                shown (n, value) AS (
                    SELECT 0, e.value
                    UNION ALL
                    SELECT hidden.n, json_remove(shown.value, hidden.path)
                    FROM shown JOIN hidden ON hidden.n = shown.n + 1
                )
            SELECT k.value FROM json_each((SELECT value FROM shown ORDER BY n DESC LIMIT 1)) k LIMIT 1
        )
    END AS body
FROM stored_sagas s
JOIN stored_appends a
    ON a.num = s.num
    AND a.id BETWEEN s.first_row AND CASE s.held WHEN 1 THEN 9223372036854775807 ELSE s.last_row END
JOIN json_each(iif(json_valid(a.body), a.body, '["unreadable"]')) e;

-- Dead letters, each with what was observed at its last blocker.
CREATE VIEW dead_letters AS
SELECT
    s.id,
    s.saga,
    s.version,
    (SELECT group_concat(value, ', ') FROM json_each(iif(json_valid(s.reasons), s.reasons, '["unreadable"]'))
        WHERE s.reasons IS NOT NULL) AS reasons,
    strftime('%Y-%m-%dT%H:%M:%fZ', s.updated_at / 1000.0, 'unixepoch') AS since,
    (SELECT j.site FROM journal j
        WHERE j.saga = s.id AND j.kind IN ('blocked', 'body_blocked') ORDER BY j.seq DESC LIMIT 1) AS site,
    (SELECT json_extract(j.body, '$.detail') FROM journal j
        WHERE j.saga = s.id AND j.kind IN ('blocked', 'body_blocked') ORDER BY j.seq DESC LIMIT 1) AS detail
FROM stored_sagas s
WHERE s.phase = 'dead_lettered';

CREATE VIEW inbox AS
SELECT
    d.id,
    coalesce(s.id, 'saga number ' || d.num) AS saga,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.at / 1000.0, 'unixepoch') AS at,
    CASE WHEN json_valid(d.body) THEN (SELECT k.key FROM json_each(d.body) k LIMIT 1) END AS kind,
    CASE
        WHEN NOT json_valid(d.body) THEN NULL
        WHEN instr(d.body, '"$payload"') = 0 THEN (SELECT k.value FROM json_each(d.body) k LIMIT 1)
        ELSE (
            WITH RECURSIVE
                hidden (n, path) AS (
                    SELECT row_number() OVER (), t.fullkey FROM json_tree(d.body) t
                    WHERE t.key = 'secrets' AND t.path LIKE '%."$payload"'
                        AND t.path NOT GLOB '*[^a-zA-Z_.$"]*'
                        AND t.path NOT GLOB '*[^.]"[^.]*'
                ),
                shown (n, value) AS (
                    SELECT 0, d.body
                    UNION ALL
                    SELECT hidden.n, json_remove(shown.value, hidden.path)
                    FROM shown JOIN hidden ON hidden.n = shown.n + 1
                )
            SELECT k.value FROM json_each((SELECT value FROM shown ORDER BY n DESC LIMIT 1)) k LIMIT 1
        )
    END AS body,
    d.unreadable
FROM stored_deliveries d
LEFT JOIN stored_sagas s ON s.num = d.num;
