#!/usr/bin/env bash
# Pydantic: a model that is written as JSON and read again, as durable engines do, has stars for its secret, and no error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   pydantic 2.14.4; also by temporalio 1.35.0 (Python), its converter for Pydantic used without a server"
echo "one thinks: what model_dump_json writes, model_validate_json reads as the same, or refuses"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pydantic==2.14.4 temporalio==1.35.0

cat >round_trip.py <<'END'
import asyncio
from datetime import time
from decimal import Decimal
from uuid import UUID
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from temporalio.contrib.pydantic import pydantic_data_converter as converter

class Login(BaseModel):
    user: str
    password: SecretStr

login = Login(user="shop", password="correct horse")
print("model:   ", Login.model_validate_json(login.model_dump_json()).password.get_secret_value())

async def through_an_engine():
    [back] = await converter.decode(await converter.encode([login]), [Login])
    print("temporal:", back.password.get_secret_value())

asyncio.run(through_an_engine())
for value, declared in [
    ("00000000-0000-0000-0000-000000000007", UUID | str),
    ("10:00", time | str),
    (Decimal("1.10"), str | Decimal),
    ({7: "seat"}, dict[str | int, str]),
    (float("nan"), float),
]:
    adapter = TypeAdapter(declared)
    try:
        print(f"{value!r} -> {adapter.validate_json(adapter.dump_json(value))!r}")
    except ValidationError as error:
        print(f"{value!r} -> {error.errors()[0]['type']}")
END
venv/bin/python round_trip.py | tee seen
diff - seen <<'END'
model:    **********
temporal: **********
'00000000-0000-0000-0000-000000000007' -> UUID('00000000-0000-0000-0000-000000000007')
'10:00' -> datetime.time(10, 0)
Decimal('1.10') -> '1.10'
{7: 'seat'} -> {'7': 'seat'}
nan -> float_type
END
echo "as described: a step that is handed its recorded input signs in with ten stars; a NaN is written as null, which is"
echo "refused after the effect"
