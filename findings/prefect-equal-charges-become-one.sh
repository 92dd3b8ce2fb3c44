#!/usr/bin/env bash
# Prefect: with results persisted, a task that is called twice with equal arguments in one flow run runs once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   prefect 3.9.1, with the server that a flow starts for itself on loopback"
echo "one thinks: persisting results lets a retried flow run go on; it does not change what a run does"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check prefect==3.9.1
export PREFECT_HOME=$folder/prefect PREFECT_LOGGING_LEVEL=CRITICAL PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=1200

cat >shop.py <<'END'
from prefect import flow, task

@task
def charge(card, cents):
    print(f"  card {card} is charged {cents}")
    return f"receipt for {cents}"

def two_coffees():
    return [charge("visa", 350), charge("visa", 350)]

for persist in (False, True):
    print(f"persist_result={persist}:")
    print(" ", flow(two_coffees, name=f"coffee-{persist}", persist_result=persist)())
END
venv/bin/python shop.py 2>server.log | tee seen
diff - seen <<'END'
persist_result=False:
  card visa is charged 350
  card visa is charged 350
  ['receipt for 350', 'receipt for 350']
persist_result=True:
  card visa is charged 350
  ['receipt for 350', 'receipt for 350']
END
echo "as described: a persisted result is also a cache whose key is the arguments, the task's source and the run"
