#!/usr/bin/env bash
# DBOS for Python: after a crash the recorded error of a step has another type, and another `except` catches it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   dbos 3.4.0 for Python, its system database in SQLite"
echo "one thinks: a step that failed with PaymentDeclined fails with PaymentDeclined when the workflow recovers"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dbos==3.4.0

cat >order.py <<'END'
import os, sys
from dbos import DBOS, SetWorkflowID

class PaymentDeclined(Exception):
    def __init__(self, code, message):  # an ordinary error with a field
        super().__init__(message)
        self.code = code

DBOS(config={"name": "shop", "system_database_url": "sqlite:///shop.sqlite", "log_level": "CRITICAL"})

@DBOS.step()
def charge():
    print("  charge is called")
    raise PaymentDeclined(51, "insufficient funds")

@DBOS.step()
def notify():
    if sys.argv[1] == "first":
        sys.stdout.flush()
        os._exit(1)  # the process dies

@DBOS.workflow()
def order():
    try:
        charge()
    except PaymentDeclined as declined:
        print("  declined with code", declined.code)
    except Exception as error:
        print("  another error:", type(error).__name__)
    notify()

DBOS.launch()
with SetWorkflowID("order-1"):
    DBOS.start_workflow(order).get_result()
sys.stdout.flush()
os._exit(0)
END
{
    echo "first:"; venv/bin/python order.py first 2>/dev/null || true
    echo "recovered:"; venv/bin/python order.py again 2>/dev/null
} | tee seen
diff - seen <<'END'
first:
  charge is called
  declined with code 51
recovered:
  another error: TypeError
END
echo "as described: errors are pickled; one whose constructor takes other arguments than it passes on cannot be read, and"
echo "the error of reading is raised in its place, inside the workflow"
