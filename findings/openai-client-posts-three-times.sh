#!/usr/bin/env bash
# The OpenAI client for Python: one call may be three POSTs, also after a timeout, and none carries an idempotency key.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   openai 3.57.0 for Python, against a server on loopback"
echo "one thinks: a POST that timed out, lost its answer or got 409 is reported; or it is repeated under one idempotency key"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0

cat >client.py <<'END'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import openai

posts, answer, over = [], None, threading.Event()

class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        posts.append({name.lower() for name in self.headers})
        if answer == "late":
            over.wait(30)
        if answer in ("late", "lost"):
            self.close_connection = True
            return
        self.send_response(answer)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}", timeout=0.5)
for answer in ("late", "lost", 409, 500, 400):
    posts.clear()
    try:
        client.responses.create(model="any", input="book the flight")
    except openai.APIError as error:
        keys = sum("idempotency-key" in names for names in posts)
        print(f"answer {answer}: {len(posts)} POSTs, {keys} with an idempotency key, {type(error).__name__}")
over.set()
END
venv/bin/python client.py | tee seen
diff - seen <<'END'
answer late: 3 POSTs, 0 with an idempotency key, APITimeoutError
answer lost: 3 POSTs, 0 with an idempotency key, APIConnectionError
answer 409: 3 POSTs, 0 with an idempotency key, ConflictError
answer 500: 3 POSTs, 0 with an idempotency key, InternalServerError
answer 400: 1 POSTs, 0 with an idempotency key, BadRequestError
END
echo "as described: max_retries is 2 by default; a server side tool, a stored response or a charge may happen three times"
