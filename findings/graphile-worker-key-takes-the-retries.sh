#!/usr/bin/env bash
# graphile-worker: adding a job under the key of one that is running takes the running one's retries away.
set -euo pipefail
folder=$(mktemp -d)
server=
at_end() {
    if [ -n "$server" ]; then kill -INT "$server" && wait "$server" || true; fi
    rm -rf "$folder"
}
trap at_end EXIT
cd "$folder"

echo "versions:   graphile-worker 0.17.3, pg 8.23.1"
echo "one thinks: a second job under the same key waits for the first or is merged with it; the first keeps its 25 attempts"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund graphile-worker@0.17.3 pg@8.23.1
bin=$(pg_config --bindir)
as=()  # the server refuses to run as root
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --init-groups); chmod 755 .; fi
mkdir data && { [ "$(id -u)" != 0 ] || chown postgres data; }
"${as[@]}" "$bin/initdb" --pgdata=data --username=postgres --auth=trust --no-sync >initdb.log
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/postgres" -D data -h 127.0.0.1 -p "$port" -c unix_socket_directories= -c fsync=off >server.log 2>&1 &
server=$!
for _ in $(seq 300); do "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$port" && break; sleep 0.1; done

cat >worker.mjs <<'END'
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const connectionString = process.argv[2];
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
const database = new pg.Client(connectionString);
await database.connect();
const jobs = async () => {
  const found = await database.query("select id, key, attempts, max_attempts from graphile_worker.jobs order by id");
  return found.rows.map((job) => `job ${job.id} key ${job.key} attempt ${job.attempts} of ${job.max_attempts}`).join("; ");
};

let start, fail, end;
const [started, failing, ended] = [new Promise((it) => (start = it)), new Promise((it) => (fail = it)), new Promise((it) => (end = it))];
const taskList = {
  charge: async ({ order }) => {
    console.log("runs:", order);
    if (order !== "first") return;
    start();
    await failing;
    throw new Error("connection reset");
  },
};
await utils.addJob("charge", { order: "first" }, { jobKey: "order-7", maxAttempts: 25 });
const runner = await run({ connectionString, logger, taskList, concurrency: 1, noHandleSignals: true, pollInterval: 50 });
runner.events.on("job:success", () => end());
await started;
console.log("before:", await jobs());
await utils.addJob("charge", { order: "second" }, { jobKey: "order-7", maxAttempts: 25 });
console.log("added: ", await jobs());
fail();
await ended;
await runner.stop();
console.log("after: ", await jobs());
await utils.release();
await database.end();
END
node worker.mjs "postgres://postgres@127.0.0.1:$port/postgres" | tee seen
diff - seen <<'END'
runs: first
before: job 1 key order-7 attempt 1 of 25
added:  job 1 key null attempt 25 of 25; job 2 key order-7 attempt 0 of 25
runs: second
after:  job 1 key null attempt 25 of 25
END
echo "as described: the first loses its key and is at its last attempt, so that its first failure is its last"
