#!/usr/bin/env bash
# Temporal for Python: the default converter reads a union as its first type that fits, and drops the fields left over.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   temporalio 1.35.0 for Python, its data converters used without a server"
echo "one thinks: a value comes back as what it was, or is refused"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check temporalio==1.35.0 pydantic==2.14.4

cat >values.py <<'END'
import asyncio
from dataclasses import dataclass
from datetime import datetime
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import default

@dataclass
class Refunded:
    order: str
    cents: int

@dataclass
class Charged:
    order: str
    cents: int
    receipt: str

CASES = [
    (Charged("o-7", 500, "r-1"), Refunded | Charged),
    ("2026-12-01T09:00:00", datetime | str),
    (True, int | bool),
    (1.5, int),
]

async def main():
    for name, converter in [("default", default()), ("pydantic", pydantic_data_converter)]:
        for value, declared in CASES:
            try:
                [back] = await converter.decode(await converter.encode([value]), [declared])
                print(f"{name:8} {value!r} -> {back!r}")
            except Exception as error:
                print(f"{name:8} {value!r} -> {type(error).__name__}")

asyncio.run(main())
END
venv/bin/python values.py | tee seen
diff - seen <<'END'
default  Charged(order='o-7', cents=500, receipt='r-1') -> Refunded(order='o-7', cents=500)
default  '2026-12-01T09:00:00' -> datetime.datetime(2026, 12, 1, 9, 0)
default  True -> 1
default  1.5 -> 1
pydantic Charged(order='o-7', cents=500, receipt='r-1') -> Charged(order='o-7', cents=500, receipt='r-1')
pydantic '2026-12-01T09:00:00' -> datetime.datetime(2026, 12, 1, 9, 0)
pydantic True -> True
pydantic 1.5 -> ValidationError
END
echo "as described: with the default converter a charge comes back as a refund, and 1.5 as 1, without an error"
