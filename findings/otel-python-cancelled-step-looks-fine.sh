#!/usr/bin/env bash
# OpenTelemetry for Python: the span of a step that was cancelled or timed out has no error, and OK can never become ERROR.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   opentelemetry-sdk 1.45.2 for Python"
echo "one thinks: a span whose block is left by an exception has the status ERROR"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opentelemetry-sdk==1.45.2

cat >steps.py <<'END'
import asyncio
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")

async def step(name, seconds):
    with tracer.start_as_current_span(name):
        await asyncio.sleep(seconds)
        raise RuntimeError("the bank is down")

async def main():
    for name, seconds, limit in [("failed", 0, 30), ("timed out", 30, 0.01)]:
        try:
            await asyncio.wait_for(step(name, seconds), limit)
        except (RuntimeError, TimeoutError):
            pass
    cancelled = asyncio.create_task(step("cancelled", 30))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)

asyncio.run(main())
with tracer.start_as_current_span("ok, then its undo failed") as span:
    span.set_status(StatusCode.OK)
    span.set_status(StatusCode.ERROR, "the undo failed")
for span in spans.get_finished_spans():
    print(f"{span.name}: {span.status.status_code.name}, events {[event.name for event in span.events]}")
END
venv/bin/python steps.py 2>/dev/null | tee seen
diff - seen <<'END'
failed: ERROR, events ['exception']
timed out: UNSET, events []
cancelled: UNSET, events []
ok, then its undo failed: OK, events []
END
echo "as described: only subclasses of Exception count, and CancelledError is none; a status of OK is final"
