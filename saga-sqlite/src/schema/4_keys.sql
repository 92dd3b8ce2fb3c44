-- The namespace of the idempotency keys, once it is given. It never changes.
CREATE TABLE stored_keys (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    namespace TEXT NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
