#!/usr/bin/env bash
# SQLite through Python's sqlite3: a full database ends the whole transaction, and the next statement begins another.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   pysqlite3-binary 0.5.4.post2 (the sqlite3 module of Python, with SQLite 3.51.1)"
echo "one thinks: a statement that fails undoes itself; what was written before it is committed or rolled back with the rest"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysqlite3-binary==0.5.4.post2

cat >journal.py <<'END'
from pysqlite3 import dbapi2 as sqlite3

journal = sqlite3.connect("journal.db")
journal.execute("create table records (id integer primary key, what text)")
journal.commit()
pages = journal.execute("pragma page_count").fetchone()[0]
journal.execute(f"pragma max_page_count = {pages + 3}")  # a disk with little room

# One batch: what happened, its output, and, because the output does not fit, a note instead.
journal.execute("insert into records (what) values ('card charged')")
try:
    journal.execute("insert into records (what) values (?)", ["output" * 20_000])
except sqlite3.OperationalError as error:
    print(f"output: {error}; in a transaction: {journal.in_transaction}")
journal.execute("insert into records (what) values ('output left out')")
journal.commit()
print("committed:", [what for (what,) in journal.execute("select what from records")])
END
venv/bin/python journal.py | tee seen
diff - seen <<'END'
output: database or disk is full; in a transaction: False
committed: ['output left out']
END
echo "as described: SQLite rolled the batch back at the error; the module then began a new transaction by itself, and"
echo "commit() succeeded with the second half of the batch alone"
