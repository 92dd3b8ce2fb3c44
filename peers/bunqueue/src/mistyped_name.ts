import { Workflow } from 'bunqueue/workflow';
import { book, cancel, dieIfFirst, life, refuse, run } from './trip';

// A step is a closure with a label. The mistyped label is put right while the trip is in flight.
const label = life === 1 ? 'hotell' : 'hotel';
const trip = new Workflow('trip')
  .step('flight', async () => book('flight'), {
    compensate: async () => {
      await dieIfFirst();
      cancel('flight');
    },
  })
  .step(label, async () => {
    refuse('hotel');
    throw new Error('the hotel is full');
  }, { retry: 1 });
await run(trip, 5_000);
