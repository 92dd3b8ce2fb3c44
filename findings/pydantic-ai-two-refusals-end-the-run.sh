#!/usr/bin/env bash
# Pydantic AI: two errors of a tool end the agent's run, also with successes of other tools between them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   pydantic-ai-slim 2.68.0, fastmcp 4.2.3 (Python)"
echo "one thinks: an error of an MCP tool is shown to the model, which tries something else"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pydantic-ai-slim==2.68.0 fastmcp==4.2.3

cat >desk.py <<'END'
import asyncio, warnings
warnings.simplefilter("ignore")
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

desk = FastMCP("desk")

@desk.tool
def hold(seat: str) -> str:
    if seat != "14C":
        raise ToolError(f"{seat} is taken")
    return f"held {seat}"

@desk.tool
def free() -> str:
    return "14C"

def run(*calls):
    def model(messages, _):
        made = sum(isinstance(message, ModelResponse) for message in messages)
        return ModelResponse(parts=[ToolCallPart(*calls[made]) if made < len(calls) else TextPart("done")])
    try:
        asyncio.run(Agent(FunctionModel(model), toolsets=[MCPToolset(desk)]).run("hold a seat"))
        end = "done"
    except Exception as error:
        end = f"{type(error).__name__}: {str(error).split('.')[0]}"
    print(" > ".join(call[1].get("seat", "free?") for call in calls), "=", end)

hold_12, hold_13, hold_14, ask = ("hold", {"seat": "12A"}), ("hold", {"seat": "13B"}), ("hold", {"seat": "14C"}), ("free", {})
run(hold_12, hold_14)
run(hold_12, hold_13, hold_14)
run(hold_12, ask, hold_13, hold_14)
run(hold_12, hold_14, hold_13, hold_14)
END
venv/bin/python desk.py 2>errors.log | tee seen
diff - seen <<'END'
12A > 14C = done
12A > 13B > 14C = UnexpectedModelBehavior: Tool 'hold' exceeded max retries count of 1
12A > free? > 13B > 14C = UnexpectedModelBehavior: Tool 'hold' exceeded max retries count of 1
12A > 14C > 13B > 14C = done
END
echo "as described: a second error of the same tool ends the run, unless the tool itself succeeded between them"
