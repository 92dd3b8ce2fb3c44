#!/usr/bin/env bash
# OpenTelemetry: over its limit of attributes the Python SDK drops the oldest, the JavaScript SDK the newest.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   opentelemetry-sdk 1.45.2 (Python), @opentelemetry/sdk-trace-base 2.12.1 (Node)"
echo "one thinks: what identifies the saga is set first, so that it is not what the limit drops"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opentelemetry-sdk==1.45.2
npm init --yes >npm.log
npm install --silent --no-audit --no-fund @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/api@1.9.1

cat >span.py <<'END'
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, SpanContext

def context(number):
    return SpanContext(number, number, is_remote=True)

# One span per saga that lived through 129 processes, linked to the span of each.
links = [Link(context(number)) for number in range(1, 130)]
span = TracerProvider().get_tracer("shop").start_span("saga", links=links)
span.set_attribute("saga.id", "order-7")
for number in range(128):
    span.set_attribute(f"step.{number}", "done")
print("Python: has saga.id:", "saga.id" in span.attributes, "first link:", span.links[0].context.span_id)
END
cat >span.cjs <<'END'
const { BasicTracerProvider } = require("@opentelemetry/sdk-trace-base");
const context = (number) => ({
  traceId: number.toString(16).padStart(32, "0"), spanId: number.toString(16).padStart(16, "0"), traceFlags: 1 });
const links = Array.from({ length: 129 }, (_, index) => ({ context: context(index + 1) }));
const span = new BasicTracerProvider().getTracer("shop").startSpan("saga", { links });
span.setAttribute("saga.id", "order-7");
for (let number = 0; number < 128; number += 1) span.setAttribute(`step.${number}`, "done");
console.log("Node: has saga.id:", "saga.id" in span.attributes, "first link:", parseInt(span.links[0].context.spanId, 16));
END
{ venv/bin/python span.py 2>/dev/null; node span.cjs; } | tee seen
diff - seen <<'END'
Python: has saga.id: False first link: 2
Node: has saga.id: true first link: 2
END
echo "as described: set the identity last as well in Python; of links, both keep the newest 128, so the start is lost"
