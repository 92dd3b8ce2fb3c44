import { Workflow } from 'bunqueue/workflow';
import { book, cancel, run, sleep, story } from './trip';

const trip = new Workflow('trip')
  .step('flight', async () => book('flight'), { compensate: () => cancel('flight') })
  .step('hotel', async () => {
    if (story === 'landed') book('hotel');
    await sleep(3_000);
  }, { timeout: 300, retry: 1, compensate: () => cancel('hotel') })
  .step('payment', async () => book('payment'), { retry: 1 })
  .pivot();
await run(trip, 20_000);
