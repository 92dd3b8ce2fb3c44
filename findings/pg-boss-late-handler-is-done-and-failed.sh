#!/usr/bin/env bash
# pg-boss: a handler that outlives its job's time goes on to its effect, its result is dropped, and the job runs again.
set -euo pipefail
folder=$(mktemp -d)
server=
at_end() {
    if [ -n "$server" ]; then kill -INT "$server" && wait "$server" || true; fi
    rm -rf "$folder"
}
trap at_end EXIT
cd "$folder"

echo "versions:   pg-boss 12.38.0, on Node 24.21.0 from its npm package"
echo "one thinks: a handler that is too late is stopped, or its result still counts: the job does not fail when it was done"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund node@24.21.0 pg-boss@12.38.0
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
import { setTimeout as wait } from "node:timers/promises";
import { PgBoss } from "pg-boss";

const boss = new PgBoss(process.argv[2]);
boss.on("error", (error) => console.log("error:", error.message));
await boss.start();
await boss.createQueue("charge");
const id = await boss.send("charge", { cents: 500 }, { expireInSeconds: 1, retryLimit: 2, retryDelay: 0 });

let charged = 0;
await boss.work("charge", { pollingIntervalSeconds: 0.5 }, async () => {
  await wait(3000); // the bank is slow today
  charged += 1;
  return { receipt: charged };
});
let job;
do {
  await wait(200);
  job = await boss.getJobById("charge", id);
} while (job.state !== "failed" && job.state !== "completed");
while (charged < 3) await wait(200); // the last handler is still on its way
job = await boss.getJobById("charge", id);
console.log(`charged ${charged} times; job ${job.state}: ${job.output.message}`);
process.exit(0);
END
timeout 300 node_modules/.bin/node worker.mjs "postgres://postgres@127.0.0.1:$port/postgres" | tee seen
diff - seen <<'END'
charged 3 times; job failed: handler execution exceeded 1s
END
echo "as described: each of three handlers ended well, and its result was dropped"
