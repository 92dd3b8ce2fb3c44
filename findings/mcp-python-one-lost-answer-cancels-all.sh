#!/usr/bin/env bash
# MCP's Python client: one answer that is lost cancels every call that the client has under way, and their effects stay.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   mcp 2.3.0 (Python), with a server on loopback by Python's http.server"
echo "one thinks: a connection that is lost fails the call that it carries; the client's other calls go on"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0

cat >server.py <<'END'
import json, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

held = []

class Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        params = message.get("params") or {}
        if "id" not in message:
            return self.answer(202, b"")
        if message["method"] == "initialize":
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                      "serverInfo": {"name": "desk", "version": "1"}}
        elif message["method"] == "tools/call":
            seat = params["arguments"]["seat"]
            if seat == "lost":
                time.sleep(0.5)
                self.close_connection = True
                return None
            time.sleep(1)
            held.append(seat)
            result = {"content": [{"type": "text", "text": f"held {seat}"}]}
        else:
            result = {"tools": [{"name": "hold", "inputSchema": {"type": "object"}}]}
        self.answer(200, json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode())

    def do_GET(self):
        self.answer(405, b"")

    do_DELETE = do_GET

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def serve():
    return ThreadingHTTPServer(("127.0.0.1", 0), Desk)
END
cat >client.py <<'END'
import asyncio, logging, threading, time
from mcp import Client
import server

logging.disable(logging.CRITICAL)
desk = server.serve()
threading.Thread(target=desk.serve_forever, daemon=True).start()
said = {}

async def call(client, seat):
    try:
        said[seat] = (await client.call_tool("hold", {"seat": seat})).content[0].text
    except BaseException as error:
        said[seat] = type(error).__name__
        raise

async def main(seats):
    server.held.clear(), said.clear()
    try:
        async with Client(f"http://127.0.0.1:{desk.server_port}/mcp", mode="legacy") as client:
            await asyncio.gather(*(call(client, seat) for seat in seats), return_exceptions=True)
        end = "closed in good order"
    except BaseException as error:
        end = type(error).__name__
    await asyncio.sleep(1.5)
    print(f"calls {seats}: {end}; answers {dict(sorted(said.items()))}; held {sorted(server.held)}")

asyncio.run(main(["1", "2"]))
asyncio.run(main(["1", "lost", "2"]))
END
venv/bin/python client.py 2>errors.log | tee seen
diff - seen <<'END'
calls ['1', '2']: closed in good order; answers {'1': 'held 1', '2': 'held 2'}; held ['1', '2']
calls ['1', 'lost', '2']: ExceptionGroup; answers {'1': 'CancelledError', '2': 'CancelledError', 'lost': 'CancelledError'}; held ['1', '2']
END
echo "as described: the calls beside the lost one are cancelled in the client, and done on the server"
