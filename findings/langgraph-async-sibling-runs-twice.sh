#!/usr/bin/env bash
# LangGraph: when one of two parallel tasks fails, a sync sibling is awaited and recorded, an async one is dropped.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   langgraph 1.2.24, langgraph-checkpoint-sqlite 3.1.2"
echo "one thinks: the same program, sync or async, charges the card once"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check langgraph==1.2.24 langgraph-checkpoint-sqlite==3.1.2

cat >order.py <<'END'
import asyncio, sys, threading
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.func import entrypoint, task

way, first = sys.argv[1], sys.argv[2] == "first"
sent, failed = threading.Event(), threading.Event()
thread = {"configurable": {"thread_id": "order-1"}}
given = {"order": 1} if first else None  # None: resume

def pay():
    sent.set()
    if first:
        failed.wait(30)  # the answer comes after the sibling has failed
    print("  card charged", flush=True)

def fail():
    sent.wait(30)
    if first:
        threading.Timer(0.5, failed.set).start()
        raise RuntimeError("the quote service is down")

def run():
    @task
    def charge(): pay()
    @task
    def quote(): fail()
    with SqliteSaver.from_conn_string("sync.sqlite") as checkpointer:
        @entrypoint(checkpointer=checkpointer)
        def order(_):
            both = charge(), quote()
            return [it.result() for it in both]
        order.invoke(given, thread)

async def run_async():
    @task
    async def charge(): await asyncio.to_thread(pay)
    @task
    async def quote(): await asyncio.to_thread(fail)
    async with AsyncSqliteSaver.from_conn_string("async.sqlite") as checkpointer:
        @entrypoint(checkpointer=checkpointer)
        async def order(_):
            return await asyncio.gather(charge(), quote())
        await order.ainvoke(given, thread)

try:
    run() if way == "sync" else asyncio.run(run_async())
    print(" ", sys.argv[2], "done")
except RuntimeError as error:
    print(" ", sys.argv[2], "failed:", error)
END
for way in sync async; do
    echo "$way:"
    for time in first resumed; do venv/bin/python order.py "$way" "$time"; done
done | tee seen
diff - seen <<'END'
sync:
  card charged
  first failed: the quote service is down
  resumed done
async:
  card charged
  first failed: the quote service is down
  card charged
  resumed done
END
echo "as described: sync waits for the sibling and keeps its result; async cancels the awaiting task while the call goes on"
echo "in its thread, keeps nothing, and charges again"
