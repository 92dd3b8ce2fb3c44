#!/usr/bin/env bash
# DBOS for Python: a cancel during a step drops the result of that step, refuses the undo, and resuming runs it again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   dbos 3.4.0 for Python, its system database in SQLite"
echo "one thinks: the step that runs is recorded when it ends, then the workflow stops, and an except block can undo"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dbos==3.4.0

cat >order.py <<'END'
import os, sys, threading
from dbos import DBOS, SetWorkflowID

DBOS(config={"name": "shop", "system_database_url": "sqlite:///shop.sqlite", "log_level": "CRITICAL"})
charged, cancelled = threading.Event(), threading.Event()

@DBOS.step()
def charge():
    print("charge: the card is charged")
    charged.set()
    cancelled.wait(30)
    return "receipt"

@DBOS.step()
def refund():
    print("refund: runs")

@DBOS.workflow()
def order():
    try:
        return charge()
    except BaseException:
        print("except: undo what was done")
        refund()
        raise

def end_of(handle):
    try:
        handle.get_result()
    except Exception:
        pass
    steps = [(step["function_name"], step["output"]) for step in DBOS.list_workflow_steps("order-1")]
    print(DBOS.get_workflow_status("order-1").status, "with the recorded steps", steps)

DBOS.launch()
with SetWorkflowID("order-1"):
    handle = DBOS.start_workflow(order)
charged.wait(30)
DBOS.cancel_workflow("order-1")
cancelled.set()
end_of(handle)
end_of(DBOS.resume_workflow("order-1"))
sys.stdout.flush()
os._exit(0)
END
venv/bin/python order.py 2>/dev/null | tee seen
diff - seen <<'END'
charge: the card is charged
except: undo what was done
CANCELLED with the recorded steps []
charge: the card is charged
SUCCESS with the recorded steps [('charge', 'receipt')]
END
echo "as described: the charge is nowhere recorded, its refund never ran, and after resuming the card was charged twice"
