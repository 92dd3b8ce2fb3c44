import { Workflow } from 'bunqueue/workflow';
import { book, cancel, run, sleep } from './trip';

const isCancelled = async (after: number) => {
  await sleep(after);
  return true;
};
// The engine has no cancel. Its documentation offers nothing nearer than a flag of the user's own, which a later step
// reads: the running step ends, and an error of the next begins the rollback.
const ann = isCancelled(300);
const trip = new Workflow('trip')
  .step('flight', async () => book('flight'), { compensate: () => cancel('flight') })
  .step('hotel', async () => {
    await sleep(600);
    book('hotel');
  }, { compensate: () => cancel('hotel') })
  .step('payment', async () => {
    if (await Promise.race([ann, sleep(0).then(() => false)])) throw new Error('cancelled: Ann stays at home');
    book('payment');
  }, { retry: 1 })
  .pivot();
await run(trip, 20_000);
