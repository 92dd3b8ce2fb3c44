#!/usr/bin/env bash
# JSON Schema: `multipleOf: 0.01` refuses every ninth price in two validators, and none in two others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   jsonschema 4.26.0 (Python), ajv 8.20.0 and zod 4.6.7 (Node), pydantic 2.14.4 (Python)"
echo "one thinks: a tool whose amount is a multiple of 0.01 accepts 0.07 and refuses 0.075"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jsonschema==4.26.0 pydantic==2.14.4
npm init --yes >npm.log
npm install --silent --no-audit --no-fund ajv@8.20.0 zod@4.6.7

cat >prices.py <<'END'
import json
from typing import Annotated
from jsonschema import Draft202012Validator
from pydantic import Field, TypeAdapter, ValidationError

schema = Draft202012Validator({"type": "number", "multipleOf": 0.01})
price = TypeAdapter(Annotated[float, Field(multiple_of=0.01)])

def by_pydantic(text):
    try:
        price.validate_json(text)
        return True
    except ValidationError:
        return False

for name, admits in [("jsonschema", lambda text: schema.is_valid(json.loads(text))), ("pydantic", by_pydantic)]:
    refused = [text for text in (f"{cents // 100}.{cents % 100:02}" for cents in range(100_001)) if not admits(text)]
    print(f"{name}: refuses {len(refused)} of 100001 prices up to 1000.00: {', '.join(refused[:4])}; 0.075: {admits('0.075')}")
END
cat >prices.cjs <<'END'
const Ajv = require("ajv/dist/2020");
const { z } = require("zod");
const schema = { type: "number", multipleOf: 0.01 };
const price = z.number().multipleOf(0.01);
const validators = {
  "ajv": new Ajv().compile(schema),
  "ajv, multipleOfPrecision: 6": new Ajv({ multipleOfPrecision: 6 }).compile(schema),
  "zod": (value) => price.safeParse(value).success,
};
for (const [name, admits] of Object.entries(validators)) {
  const refused = [];
  for (let cents = 0; cents <= 100000; cents += 1) {
    const text = (cents / 100).toFixed(2);
    if (!admits(JSON.parse(text))) refused.push(text);
  }
  console.log(`${name}: refuses ${refused.length} of 100001 prices up to 1000.00: ${refused.slice(0, 4).join(", ")}; 0.075: ${admits(0.075)}`);
}
END
{ venv/bin/python prices.py; node prices.cjs; } | tee seen
diff - seen <<'END'
jsonschema: refuses 11426 of 100001 prices up to 1000.00: 0.07, 0.14, 0.28, 0.29; 0.075: False
pydantic: refuses 0 of 100001 prices up to 1000.00: ; 0.075: False
ajv: refuses 11426 of 100001 prices up to 1000.00: 0.07, 0.14, 0.28, 0.29; 0.075: false
ajv, multipleOfPrecision: 6: refuses 0 of 100001 prices up to 1000.00: ; 0.075: false
zod: refuses 0 of 100001 prices up to 1000.00: ; 0.075: false
END
echo "as described: jsonschema and ajv divide the floats and want a whole number; so two sides of one tool can differ"
