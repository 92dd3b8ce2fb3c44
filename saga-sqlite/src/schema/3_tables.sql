-- The tables of schema version 3. People read the views; only the crate reads and writes these.
--
-- Chosen by measurement: an append-only table in rowid order takes nearly twice the rows of one clustered by saga,
-- and an index on it costs a sixth. So each append points at the one before it of the same saga (`prev`), the first
-- at 0; `stored_sagas` has both ends. Of a saga that is held the end may be out of date: see `stored_meta.tail`.
--
-- `sum` is a checksum over the other columns of its row, in their order (`saga-sqlite/src/sum.rs`): a row that was
-- changed by anything but this crate is found when it is read.

-- One row per append: one or more records that were decided at the same time, as a JSON array.
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

-- Written when a saga is created, claimed, released and ended; not by its steps.
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
CREATE INDEX stored_sagas_due ON stored_sagas (wake_at, updated_at) WHERE held = 0 AND wake_at IS NOT NULL;
CREATE INDEX stored_sagas_quarantined ON stored_sagas (wake_at) WHERE held = 0 AND deaths >= 2;
CREATE INDEX stored_sagas_dead_lettered ON stored_sagas (num) WHERE phase = 'dead_lettered';

-- The sagas that are held and may have no append at or after `stored_meta.tail`.
CREATE TABLE stored_claims (num INTEGER PRIMARY KEY, sum INTEGER NOT NULL) STRICT;

CREATE TABLE stored_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- so that no number is ever given twice
    num INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    sum INTEGER NOT NULL,                 -- without `id`, which is given when it is written
    unreadable TEXT                       -- why it was put aside
) STRICT;
CREATE INDEX stored_deliveries_num ON stored_deliveries (num, at) WHERE unreadable IS NULL;

-- The worker that joined last, and those before it that died with sagas. For people.
CREATE TABLE stored_workers (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    pid INTEGER NOT NULL,
    joined_at INTEGER NOT NULL
) STRICT;

CREATE TABLE stored_meta (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    worker INTEGER NOT NULL,   -- the number of the worker that joined last
    tail INTEGER NOT NULL,     -- appends before this one are accounted for in `stored_sagas.last_row`
    last_num INTEGER NOT NULL, -- numbers of sagas up to here are not given again
    sum INTEGER NOT NULL
) STRICT;
INSERT INTO stored_meta VALUES (1, 0, 1, 0, saga_sum(1, 0, 1, 0));

-- A row while a worker uses the file: what it wrote last may be in the write-ahead log only. A copy of the file alone
-- has the row as well, and is refused. `log` is 1 in the file itself while its log has more, and 0 in the log.
CREATE TABLE stored_in_use (worker INTEGER PRIMARY KEY, log INTEGER NOT NULL DEFAULT 0) STRICT;
