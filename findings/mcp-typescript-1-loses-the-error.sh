#!/usr/bin/env bash
# MCP: a tool's error that has structured content is replaced by a client's complaint about that content.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0 (Node), mcp 2.3.0 (Python)"
echo "one thinks: a tool's error reaches the model as its text; the output schema is for outputs"
npm init -y >npm.log
npm install --silent --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 >>npm.log
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0

cat >server.py <<'END'
import json, sys

OUTPUT = {"type": "object", "properties": {"seat": {"type": "string"}}, "required": ["seat"]}
TOOL = {"name": "hold_seat", "description": "Holds a seat.", "inputSchema": {"type": "object"}, "outputSchema": OUTPUT}
SAYS = [{"type": "text", "text": "12A is taken; 14C is free"}]
REFUSED = {"isError": True, "content": SAYS, "structuredContent": {"code": "seat_taken"}}
PLAIN = {"isError": True, "content": SAYS}

for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params") or {}
    if "id" not in message:
        continue
    answer = {"jsonrpc": "2.0", "id": message["id"]}
    if method == "initialize":
        answer["result"] = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                            "serverInfo": {"name": "seats", "version": "1"}}
    elif method == "tools/list":
        answer["result"] = {"tools": [TOOL]}
    elif method == "tools/call":
        answer["result"] = PLAIN if params.get("arguments", {}).get("plain") else REFUSED
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    print(json.dumps(answer), flush=True)
END
cat >tell.mjs <<'END'
export async function tell(name, client, transport) {
  await client.connect(transport);
  await client.listTools();
  for (const plain of [true, false]) {
    const which = plain ? "text alone" : "text and structured content";
    try {
      const result = await client.callTool({ name: "hold_seat", arguments: { plain } });
      console.log(`${name}, ${which}: ${result.content[0].text}`);
    } catch (error) {
      console.log(`${name}, ${which}: ${error.message}`);
    }
  }
  await client.close();
}
END
cat >v1.mjs <<'END'
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { tell } from "./tell.mjs";
await tell("typescript sdk 1", new Client({ name: "c", version: "1" }),
  new StdioClientTransport({ command: "python3", args: ["server.py"] }));
END
cat >v2.mjs <<'END'
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { tell } from "./tell.mjs";
await tell("typescript client 2", new Client({ name: "c", version: "1" }),
  new StdioClientTransport({ command: "python3", args: ["server.py"] }));
END
cat >client.py <<'END'
import asyncio
from mcp import Client, StdioServerParameters
async def main():
    async with Client(StdioServerParameters(command="python3", args=["server.py"])) as client:
        for plain in (True, False):
            which = "text alone" if plain else "text and structured content"
            try:
                result = await client.call_tool("hold_seat", {"plain": plain})
                print(f"python client 2, {which}: {result.content[0].text}")
            except Exception as error:
                print(f"python client 2, {which}: {error}")
asyncio.run(main())
END
{ node v1.mjs; node v2.mjs; venv/bin/python client.py; } 2>errors.log | tee seen
diff - seen <<'END'
typescript sdk 1, text alone: 12A is taken; 14C is free
typescript sdk 1, text and structured content: MCP error -32602: Structured content does not match the tool's output schema: data must have required property 'seat'
typescript client 2, text alone: 12A is taken; 14C is free
typescript client 2, text and structured content: 12A is taken; 14C is free
python client 2, text alone: 12A is taken; 14C is free
python client 2, text and structured content: 12A is taken; 14C is free
END
echo "as described: the TypeScript SDK 1 holds an error's structured content to the output schema, and its text is lost"
