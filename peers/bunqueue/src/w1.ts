// Workload W1, the same loop as `peers/harness/src/w1.rs`: sagas of five steps, each giving 100 bytes.
import { Engine, Workflow } from 'bunqueue/workflow';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shutdownManager } from 'bunqueue/client';

const { version } = JSON.parse(readFileSync(join(import.meta.dir, '../node_modules/bunqueue/package.json'), 'utf8'));
const PAYLOAD = '0123456789'.repeat(10);
const WARM_UP = 400;
const PATIENCE = 1_000;

let seconds = 1.5;
let json = false;
const concurrencies: number[] = [];
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === '--json') json = true;
  else if (word === '--seconds') seconds = Number(words.shift());
  else concurrencies.push(Number(word));
}
if (concurrencies.length === 0) concurrencies.push(1, 64, 256);

const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));
let given = 0;
const give = async () => {
  given += 1;
  return PAYLOAD;
};
const undo = { compensate: async () => {} };

function fsyncs(): number | null {
  const file = process.env.FSYNCS_FILE;
  return file ? Number(readFileSync(file).readBigUInt64LE(0)) : null;
}

async function measure(concurrency: number, folder: string) {
  const done = new Map<string, () => void>();
  const engine = new Engine({ embedded: true, dataPath: join(folder, 'bunqueue.db'), concurrency: Math.max(concurrency, 5) });
  engine.register(new Workflow('five').step('one', give, undo).step('two', give, undo).step('three', give, undo)
    .step('four', give, undo).step('five', give, undo));
  engine.on('workflow:completed', (event) => done.get(event.executionId)?.());
  let enough = false;
  const client = async () => {
    while (!enough) {
      const { id } = await engine.start('five', 7);
      // No step runs before this is registered: the engine's worker needs a turn of the loop.
      await new Promise<void>((resolve) => done.set(id, resolve));
      done.delete(id);
    }
  };
  const clients = Array.from({ length: concurrency }, client);
  await sleep(WARM_UP);
  const begin = { at: performance.now(), given, fsyncs: fsyncs() };
  await sleep(seconds * 1_000);
  const end = { at: performance.now(), given, fsyncs: fsyncs() };
  enough = true;
  await Promise.race([Promise.all(clients), sleep(PATIENCE)]);
  await engine.close(true);
  shutdownManager();
  const steps = end.given - begin.given;
  const perStep = end.fsyncs === null || begin.fsyncs === null || steps === 0 ? null : (end.fsyncs - begin.fsyncs) / steps;
  return { steps_per_s: steps / ((end.at - begin.at) / 1_000), fsyncs_per_step: perStep };
}

for (const concurrency of concurrencies) {
  const folder = mkdtempSync(join(tmpdir(), 'peers-w1-'));
  const figures = await measure(concurrency, folder);
  rmSync(folder, { recursive: true });
  const peer = `bunqueue ${version}`;
  const durability = 'SQLite, WAL: the sagas synchronous=FULL, their queue NORMAL';
  if (json) console.log(JSON.stringify({ peer, durability, concurrency, ...figures }));
  else console.log(`${peer.padEnd(24)} ${concurrency} at once  ${figures.steps_per_s.toFixed(1)} steps/s  ${figures.fsyncs_per_step ?? '-'} fsyncs a step`);
}
process.exit(0);
