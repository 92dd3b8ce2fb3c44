BEGIN TRANSACTION;
CREATE TABLE stored_appends (
    id INTEGER PRIMARY KEY,
    num INTEGER NOT NULL,
    seq INTEGER NOT NULL,     -- of the first record
    records INTEGER NOT NULL, -- how many
    prev INTEGER NOT NULL,
    at INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
    body TEXT NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
INSERT INTO "stored_appends" VALUES(1,1,0,2,0,1796071485273,'[{"scheduled":{"saga":"order","version":1,"input":{"seats":1}}},{"intent":{"site":"hold","step":"hold","input":{"seats":1},"undo":"compensated"}}]',4290692613);
INSERT INTO "stored_appends" VALUES(2,1,2,2,1,1796071485278,'[{"done":{"site":"hold","output":{"Ok":1},"undo":{"Ok":{"step":"release","input":{"held":1}}}}},{"wait":{"site":"signal","name":"paid"}}]',397203547);
INSERT INTO "stored_appends" VALUES(3,1,4,3,2,1796071485289,'[{"signalled":{"id":"first","name":"paid","payload":1}},{"wait_ended":{"site":"signal","signal":"first"}},{"intent":{"site":"charge","step":"charge","input":{"amount":1},"undo":"irreversible"}}]',150290524);
INSERT INTO "stored_appends" VALUES(4,1,7,2,3,1796071485293,'[{"done":{"site":"charge","output":{"Ok":"10bedd3906389b5af0f8db40aa5d5c71"}}},{"completed":{"output":"10bedd3906389b5af0f8db40aa5d5c71"}}]',2467421730);
INSERT INTO "stored_appends" VALUES(5,2,0,2,0,1796071485299,'[{"scheduled":{"saga":"order","version":1,"input":{"seats":2}}},{"intent":{"site":"hold","step":"hold","input":{"seats":2},"undo":"compensated"}}]',2384624891);
INSERT INTO "stored_appends" VALUES(6,2,2,2,5,1796071485303,'[{"done":{"site":"hold","output":{"Ok":2},"undo":{"Ok":{"step":"release","input":{"held":2}}}}},{"wait":{"site":"signal","name":"paid"}}]',2968033053);
INSERT INTO "stored_appends" VALUES(7,2,4,3,6,1796071485308,'[{"signalled":{"id":"first","name":"paid","payload":1}},{"wait_ended":{"site":"signal","signal":"first"}},{"intent":{"site":"charge","step":"charge","input":{"amount":2},"undo":"irreversible"}}]',2757763136);
INSERT INTO "stored_appends" VALUES(8,3,0,2,0,1796071485312,'[{"scheduled":{"saga":"order","version":1,"input":{"seats":3}}},{"intent":{"site":"hold","step":"hold","input":{"seats":3},"undo":"compensated"}}]',3207284892);
INSERT INTO "stored_appends" VALUES(9,4,0,2,0,1796071485315,'[{"scheduled":{"saga":"order","version":1,"input":{"seats":4}}},{"intent":{"site":"hold","step":"hold","input":{"seats":4},"undo":"compensated"}}]',3264289917);
INSERT INTO "stored_appends" VALUES(10,3,2,2,8,1796071485315,'[{"done":{"site":"hold","output":{"Ok":3},"undo":{"Ok":{"step":"release","input":{"held":3}}}}},{"wait":{"site":"signal","name":"paid"}}]',3530078500);
INSERT INTO "stored_appends" VALUES(11,4,2,2,9,1796071485317,'[{"done":{"site":"hold","output":{"Ok":4},"undo":{"Ok":{"step":"release","input":{"held":4}}}}},{"wait":{"site":"signal","name":"paid"}}]',1428653305);
INSERT INTO "stored_appends" VALUES(12,4,4,3,11,1796071485328,'[{"stop_requested":{"cause":{"cancelled":{"by":{"who":"the tests","why":"no longer wanted","act":"cb12c11240733ab4b3ee4d49b258f97b"}}}}},{"rollback_started":{"cause":{"cancelled":{"by":{"who":"the tests","why":"no longer wanted","act":"cb12c11240733ab4b3ee4d49b258f97b"}}}}},{"undo_intent":{"site":"hold"}}]',632120673);
INSERT INTO "stored_appends" VALUES(13,4,7,3,12,1796071485330,'[{"attempt_ended":{"site":"hold","role":"undo","attempt":1,"trouble":{"error":{"message":"the box office is closed","error":{"class":"permanent","message":"the box office is closed"},"permanent":true}},"next":"hold"}},{"blocked":{"site":"hold","role":"undo","reason":"compensation_failed","detail":"the box office is closed"}},"dead_lettered"]',22616826);
CREATE TABLE stored_claims (num INTEGER PRIMARY KEY, sum INTEGER NOT NULL) STRICT;
CREATE TABLE stored_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- so that no number is ever given twice
    num INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,                 -- without `id`, which is given when it is written
    unreadable TEXT                       -- why it was put aside
) STRICT;
CREATE TABLE stored_in_use (worker INTEGER PRIMARY KEY, log INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "stored_in_use" VALUES(1,0);
CREATE TABLE stored_meta (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    worker INTEGER NOT NULL,   -- the number of the worker that joined last
    tail INTEGER NOT NULL,     -- appends before this one are accounted for in `stored_sagas.last_row`
    last_num INTEGER NOT NULL, -- numbers of sagas up to here are not given again
    sum INTEGER NOT NULL
) STRICT;
INSERT INTO "stored_meta" VALUES(1,1,1,0,1461402959);
CREATE TABLE stored_sagas (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    saga TEXT NOT NULL,
    version INTEGER NOT NULL,
    phase TEXT NOT NULL,
    reasons TEXT,           -- a JSON array; NULL stands for none
    wake_at INTEGER,
    undoable_until INTEGER,
    progress INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    held INTEGER NOT NULL,  -- 1 while a worker holds it, or died with it
    epoch INTEGER NOT NULL, -- of the last claim: the worker's number, shifted left by 40, and a count
    first_row INTEGER NOT NULL,
    last_row INTEGER NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
INSERT INTO "stored_sagas" VALUES(1,'completed','order',1,'completed',NULL,NULL,NULL,9,0,1796071485275,1796071485294,0,1099511627778,1,4,4127644981);
INSERT INTO "stored_sagas" VALUES(2,'dies','order',1,'running',NULL,NULL,NULL,7,0,1796071485300,1796071485309,1,1099511627780,5,7,190880632);
INSERT INTO "stored_sagas" VALUES(3,'waits','order',1,'waiting',NULL,NULL,NULL,4,0,1796071485313,1796071485316,0,1099511627781,8,10,576496382);
INSERT INTO "stored_sagas" VALUES(4,'cancelled','order',1,'dead_lettered','["compensation_failed"]',NULL,NULL,9,0,1796071485315,1796071485331,0,1099511627783,9,13,3382691668);
CREATE TABLE stored_workers (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    pid INTEGER NOT NULL,
    joined_at INTEGER NOT NULL
) STRICT;
INSERT INTO "stored_workers" VALUES(1,'saga',8592,1796071485236);
CREATE INDEX stored_sagas_due ON stored_sagas (wake_at, updated_at) WHERE held = 0 AND wake_at IS NOT NULL;
CREATE INDEX stored_sagas_quarantined ON stored_sagas (wake_at) WHERE held = 0 AND deaths >= 2;
CREATE INDEX stored_sagas_dead_lettered ON stored_sagas (num) WHERE phase = 'dead_lettered';
CREATE INDEX stored_deliveries_num ON stored_deliveries (num, at) WHERE unreadable IS NULL;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('stored_deliveries',3);
COMMIT;
PRAGMA application_id = 1396787009;
PRAGMA user_version = 3;
