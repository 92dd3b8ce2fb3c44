#!/usr/bin/env bash
# SQLite in autocommit mode: an UPDATE … RETURNING whose rows were not all read has written nothing, and holds the lock.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   pysqlite3-binary 0.5.4.post2 (the sqlite3 module of Python, with SQLite 3.51.1)"
echo "one thinks: in autocommit mode a statement that has returned its row is committed"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysqlite3-binary==0.5.4.post2

cat >claim.py <<'END'
import os
from pysqlite3 import dbapi2 as sqlite3

worker = sqlite3.connect("queue.db", isolation_level=None)  # autocommit
worker.execute("pragma journal_mode = wal")
worker.execute("create table jobs (id integer primary key, state text)")
worker.execute("insert into jobs (state) values ('ready'), ('ready')")

claim = worker.execute("update jobs set state = 'claimed' where state = 'ready' returning id")
print("worker: claimed job", claim.fetchone()[0], "in a transaction:", worker.in_transaction)

other = sqlite3.connect("queue.db", timeout=0)
print("others see:", [state for (state,) in other.execute("select state from jobs")])
try:
    other.execute("insert into jobs (state) values ('ready')")
except sqlite3.OperationalError as error:
    print("others write:", error)
print("worker: does job 1, and dies", flush=True)
os._exit(0)
END
cat >look.py <<'END'
from pysqlite3 import dbapi2 as sqlite3
print("afterwards:", [state for (state,) in sqlite3.connect("queue.db").execute("select state from jobs")])
END
{ venv/bin/python claim.py; venv/bin/python look.py; } | tee seen
diff - seen <<'END'
worker: claimed job 1 in a transaction: False
others see: ['ready', 'ready']
others write: database is locked
worker: does job 1, and dies
afterwards: ['ready', 'ready']
END
echo "as described: the commit comes when the statement is read to its end or dropped, and in_transaction does not show it"
