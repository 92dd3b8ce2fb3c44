#!/usr/bin/env bash
# axios-retry: by default a POST is sent again when its answer was lost, and not when the server says that it did nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   axios 1.21.1, axios-retry 4.5.0, ky 1.14.3, got 14.6.6, each with its defaults, Node $(node --version)"
echo "one thinks: idempotent methods are retried by default, a POST is not"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund axios@1.21.1 axios-retry@4.5.0 ky@1.14.3 got@14.6.6

cat >client.mjs <<'END'
import http from "node:http";
import axios from "axios";
import axiosRetry from "axios-retry";
import got from "got";
import ky from "ky";

let posts, answer;
const bank = http.createServer((request, response) => {
  request.resume().on("end", () => {
    posts += 1; // the card is charged, unless the bank says 503
    if (answer === "lost") request.socket.destroy();
    else response.writeHead(503, { "retry-after": "0" }).end();
  });
});
await new Promise((listening) => bank.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${bank.address().port}/charge`;

const withRetry = axios.create();
axiosRetry(withRetry);
const clients = {
  "axios with axios-retry": () => withRetry.post(url, { cents: 500 }),
  ky: () => ky.post(url, { json: { cents: 500 } }),
  got: () => got.post(url, { json: { cents: 500 } }),
};
for (const [name, post] of Object.entries(clients)) {
  for (answer of ["lost", "503"]) {
    posts = 0;
    await post().catch(() => {});
    console.log(`${name}: answer ${answer}: sent ${posts} times`);
  }
}
bank.closeAllConnections();
bank.close();
END
node client.mjs | tee seen
diff - seen <<'END'
axios with axios-retry: answer lost: sent 4 times
axios with axios-retry: answer 503: sent 1 times
ky: answer lost: sent 1 times
ky: answer 503: sent 1 times
got: answer lost: sent 1 times
got: answer 503: sent 1 times
END
echo "as described: its default condition is \"a network error, or idempotent\": the first half has no look at the method"
