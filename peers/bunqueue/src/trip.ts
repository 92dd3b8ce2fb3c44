// What the programs share: the life that this process is, the companies' books, and the end of a trip.
import { Engine, type Workflow } from 'bunqueue/workflow';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export const life = Number(process.env.PEERS_LIFE);
export const story = process.env.PEERS_CASE ?? '';
const folder = process.env.PEERS_PLACE ?? '.';
const began = Date.now();

export const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));
export const book = (what: string) => write(what, 'booked');
export const cancel = (what: string) => write(what, 'cancelled');
export const refuse = (what: string) => write(what, 'refused');

function write(what: string, did: string) {
  console.log(`    ${what} is ${did}`);
  appendFileSync(`${folder}/world`, `${what} ${did}\n`);
}

/** Kills the process at once if this is its first life. */
export async function dieIfFirst() {
  if (life !== 1) return;
  console.log('    *** the process dies ***');
  process.kill(process.pid, 'SIGABRT');
  await sleep(60_000);
}

export function says(what: string) {
  const seconds = Math.floor((Date.now() - began) / 1000);
  console.log(`    bunqueue says${seconds < 2 ? '' : `, after ${seconds} s`}: ${what}`);
}

/** Starts the trip in the first life, and recovers it in the others. Ends the process. */
export async function run(flow: Workflow<any, any>, patience: number) {
  const engine = new Engine({ embedded: true, dataPath: `${folder}/bunqueue.db` });
  try {
    engine.register(flow);
  } catch (error) {
    says(`refused at the start: ${error}`);
    process.exit(0);
  }
  const note = `${folder}/id`;
  let id: string;
  if (existsSync(note)) {
    id = readFileSync(note, 'utf8');
    await engine.recover();
  } else {
    // Written when the first step may already run, so a step must not die at once.
    id = (await engine.start('trip', {})).id;
    appendFileSync(note, id);
  }
  const until = Date.now() + patience;
  const ends = ['completed', 'failed', 'compensation-stuck'];
  const isOver = () => {
    const trip = engine.getExecution(id);
    // A trip is failed for a moment before its rollback begins.
    return trip !== null && ends.includes(trip.state) && !(trip.state === 'failed' && !trip.rollbackStatus);
  };
  while (!isOver() && Date.now() < until) await sleep(20);
  const trip = engine.getExecution(id);
  const why = trip?.failureReason ? `: ${trip.failureReason}` : '';
  const rollback = trip?.rollbackStatus ? `; rollback ${trip.rollbackStatus}` : '';
  says(`${trip?.state}${why}${rollback}`);
  await engine.close(true);
  process.exit(0);
}
