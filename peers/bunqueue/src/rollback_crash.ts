import { Workflow } from 'bunqueue/workflow';
import { book, cancel, dieIfFirst, life, refuse, run } from './trip';

const trip = new Workflow('trip')
  .step('flight', async () => book('flight'), {
    compensate: async () => {
      await dieIfFirst();
      cancel('flight');
    },
  })
  .step('hotel', async () => book('hotel'), { compensate: () => cancel('hotel') })
  .step('payment', async () => {
    if (life === 1) {
      refuse('payment');
      throw new Error('the card is declined');
    }
    book('payment');
  }, { retry: 1 })
  .pivot();
await run(trip, 30_000);
