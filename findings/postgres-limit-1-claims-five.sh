#!/usr/bin/env bash
# PostgreSQL: `IN (SELECT … LIMIT 1 FOR UPDATE SKIP LOCKED)` claims one job, and all of them once there is an index.
set -euo pipefail
folder=$(mktemp -d)
server=
at_end() {
    if [ -n "$server" ]; then kill -INT "$server" && wait "$server" || true; fi
    rm -rf "$folder"
}
trap at_end EXIT
cd "$folder"

echo "one thinks: a subquery that depends on nothing is run once, so LIMIT 1 claims one job"
bin=$(pg_config --bindir)
as=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --init-groups); chmod 755 .; fi
mkdir data && { [ "$(id -u)" != 0 ] || chown postgres data; }
"${as[@]}" "$bin/initdb" --pgdata=data --username=postgres --auth=trust --no-sync >initdb.log
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/postgres" -D data -h 127.0.0.1 -p "$port" -c unix_socket_directories= -c fsync=off >server.log 2>&1 &
server=$!
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=postgres
for _ in $(seq 300); do "$bin/pg_isready" --quiet && break; sleep 0.1; done
echo "versions:   $("$bin/postgres" --version)"

cat >claim.sql <<'END'
-- Statistics from an hour when nothing was ready, as autovacuum leaves them until it comes by again.
create table jobs (id int primary key, state text not null, at int) with (autovacuum_enabled = false);
insert into jobs select n, 'done', n from generate_series(1, 1000) n;
analyze jobs;
insert into jobs select n, 'ready', n from generate_series(1001, 1005) n;

\set in 'update jobs set state = \'claimed\' where state = \'ready\' and id in (select id from jobs where state = \'ready\' order by at limit 1 for update skip locked) returning id'
\set equals 'update jobs set state = \'claimed\' where state = \'ready\' and id = (select id from jobs where state = \'ready\' order by at limit 1 for update skip locked) returning id'
\echo without the index, in:
begin; :in; rollback;
\echo with the index, in:
create index on jobs (state, at);
begin; :in; rollback;
\echo with the index, equals:
begin; :equals; rollback;
END
"$bin/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --file claim.sql | tee seen
diff - seen <<'END'
without the index, in:
1001
with the index, in:
1001
1002
1003
1004
1005
with the index, equals:
1001
END
echo "as described: in a nested loop the subquery runs again for each row, and skips those that this statement has claimed"
